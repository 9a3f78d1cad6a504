//! What `up` prints when it is ready.

use crate::cli::UpArgs;
use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use watchkeeper_runtime::http::Listener;

/// Where things are.
pub(super) struct Greeting {
    http: SocketAddr,
    grpc: SocketAddr,
    data_dir: PathBuf,
    config: Option<PathBuf>,
    started: Instant,
}

impl Greeting {
    pub(super) fn new(
        args: &UpArgs,
        http: &Listener,
        grpc: &Listener,
        data_dir: &Path,
        started: Instant,
    ) -> Self {
        Self {
            http: http.address(),
            grpc: grpc.address(),
            data_dir: data_dir.to_owned(),
            config: args.config.clone(),
            started,
        }
    }

    /// Prints itself; a stdout that nobody reads is no reason to stop.
    pub(super) fn print(&self) {
        let took = self.started.elapsed();
        tracing::info!(http = %self.http, grpc = %self.grpc, ?took, "ready");
        let _ = io::stdout().write_all(self.text(took).as_bytes());
    }

    fn text(&self, took: Duration) -> String {
        let Self { http, grpc, data_dir, config, .. } = self;
        let config = config
            .as_ref()
            .map_or("none given: every setting has its default".into(), |file| file.display().to_string());
        let stop = if io::stdin().is_terminal() { "\nStop with Ctrl-C.\n" } else { "" };
        format!(
            "Watchkeeper is ready, after {} ms.\n\
             \n  page and API   http://{http}/\
             \n  gRPC           {grpc}\
             \n  data           {}\
             \n  configuration  {config}\n\
             \nSend a sample:   curl --json '[{{\"source\":\"demo\",\"name\":\"answer\",\"value\":42}}]' \
             http://{http}/v1/samples\
             \nSee the values:  watchkeeper query latest --url http://{http}\n{stop}",
            took.as_millis(),
            data_dir.display(),
        )
    }
}
