//! What `up` prints once it is ready.

use crate::cli::UpArgs;
use crate::listen::on_this_host;
use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use watchkeeper_runtime::http::{Access, Listener};
use watchkeeper_runtime::millis;
use watchkeeper_runtime::telemetry::stderr_is_the_journal;

/// Addresses, data directory and configuration.
pub(super) struct Greeting {
    http: SocketAddr,
    grpc: SocketAddr,
    data: String,
    config: Option<PathBuf>,
    /// The option for curl, if the API requires a token.
    authorization: &'static str,
    /// The same for `watchkeeper query`.
    token: &'static str,
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
            token: if access.is_open() { "" } else { " --token-file FILE" },
            started,
        }
    }

    /// Prints the greeting; errors of stdout are ignored.
    pub(super) fn print(&self) {
        let took = self.started.elapsed();
        tracing::info!(http = %self.http, grpc = %self.grpc, duration_ms = millis(took), "ready");
        // The journal has the line above, and nobody types commands there.
        if !stderr_is_the_journal() {
            let _ = io::stdout().write_all(self.text(took).as_bytes());
        }
    }

    fn text(&self, took: Duration) -> String {
        let Self { data, config, authorization, token, .. } = self;
        let (http, grpc) = (on_this_host(self.http), on_this_host(self.grpc));
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
             \nSee the values:  watchkeeper query latest --url http://{http}{token}\n{stop}",
            took.as_millis(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_works_on_this_host_when_all_addresses_are_listened_on() {
        let greeting = Greeting {
            http: "0.0.0.0:8460".parse().unwrap(),
            grpc: "[::]:8461".parse().unwrap(),
            data: "/var/lib/watchkeeper".to_owned(),
            config: None,
            authorization: "-H 'Authorization: Bearer TOKEN' ",
            token: " --token-file FILE",
            started: Instant::now(),
        };
        let text = greeting.text(Duration::from_millis(140));
        assert!(text.contains("page and API   http://127.0.0.1:8460/\n"), "{text}");
        assert!(text.contains("gRPC           [::1]:8461\n"), "{text}");
        assert!(text.contains("query latest --url http://127.0.0.1:8460 --token-file FILE\n"), "{text}");
    }
}
