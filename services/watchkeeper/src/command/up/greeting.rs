//! What `up` prints once it is ready.

use crate::cli::UpArgs;
use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use watchkeeper_runtime::http::{Access, Listener};

/// Addresses, data directory and configuration.
pub(super) struct Greeting {
    http: SocketAddr,
    grpc: SocketAddr,
    data: String,
    config: Option<PathBuf>,
    /// The option for curl, if the API requires a token.
    authorization: &'static str,
    started: Instant,
}

impl Greeting {
    pub(super) fn new(
        args: &UpArgs,
        http: &Listener,
        grpc: &Listener,
        data: String,
        access: &Access,
        started: Instant,
    ) -> Self {
        Self {
            http: http.address(),
            grpc: grpc.address(),
            data,
            config: args.config.clone(),
            authorization: if access.is_open() { "" } else { "-H 'Authorization: Bearer TOKEN' " },
            started,
        }
    }

    /// Prints the greeting; errors of stdout are ignored.
    pub(super) fn print(&self) {
        let took = self.started.elapsed();
        tracing::info!(http = %self.http, grpc = %self.grpc, ?took, "ready");
        let _ = io::stdout().write_all(self.text(took).as_bytes());
    }

    fn text(&self, took: Duration) -> String {
        let Self { http, grpc, data, config, authorization, .. } = self;
        let config = config
            .as_ref()
            .map_or("none: every setting has its default".into(), |file| file.display().to_string());
        let stop = if io::stdin().is_terminal() { "\nStop with Ctrl-C.\n" } else { "" };
        format!(
            "Watchkeeper is ready after {} ms.\n\
             \n  page and API   http://{http}/\
             \n  gRPC           {grpc}\
             \n  data           {data}\
             \n  configuration  {config}\n\
             \nSend a sample:   curl {authorization}--json '[{{\"source\":\"demo\",\"name\":\"answer\",\"value\":42}}]' \
             http://{http}/v1/samples\
             \nSee the values:  watchkeeper query latest --url http://{http}\n{stop}",
            took.as_millis(),
        )
    }
}
