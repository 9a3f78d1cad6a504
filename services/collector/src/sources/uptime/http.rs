//! GET requests.

use super::address::Address;
use super::config::HttpCheck;
use super::probe::{Finding, Probe};
use super::status::StatusRange;
use crate::sources::http::{USER_AGENT, describe};
use crate::target::CollectError;
use std::time::Instant;
use ureq::tls::TlsConfig;
use ureq::{Agent, Error};

/// Longest head of an answer, in bytes.
pub(super) const MAX_HEAD_BYTES: usize = 32 * 1024;
/// What a request is written through, in bytes.
const OUTPUT_BYTES: usize = 4 * 1024;

/// Keeps no connection: each probe is to find out whether a new one can be made. Uses no proxy: the
/// target is to be up, not the proxy.
pub(super) fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .max_response_header_size(MAX_HEAD_BYTES)
        .input_buffer_size(MAX_HEAD_BYTES)
        .output_buffer_size(OUTPUT_BYTES)
        .proxy(None)
        .user_agent(USER_AGENT);
    config.build().into()
}

impl Probe<'_> {
    /// Sends the request, and looks at the certificate over a connection of its own: ureq shows none, and
    /// it ends one whose certificate is not valid.
    pub(super) async fn http(&self, check: &HttpCheck) -> Result<Finding, CollectError> {
        let mut finding = self.get(check).await?;
        if check.url.is_https() {
            let address = Address::new(check.url.host(), check.url.port());
            finding.expiry = self.handshake(&address, &check.trust).await?.expiry;
        }
        Ok(finding)
    }

    async fn get(&self, check: &HttpCheck) -> Result<Finding, CollectError> {
        let (agent, check, within) = (self.prober.agent.clone(), check.clone(), self.within);
        let get = move || {
            let tls = TlsConfig::builder().root_certs(check.trust.roots()?.for_http).build();
            let begun = Instant::now();
            let request = agent.get(check.url.expose()).config().timeout_global(Some(within));
            let request = request.max_redirects(check.max_redirects).tls_config(tls).build();
            // The body is not waited for.
            Ok(match request.call() {
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    Finding {
                        failure: unexpected(status, &check.expect),
                        latency: Some(begun.elapsed()),
                        status: Some(status),
                        expiry: None,
                    }
                }
                Err(Error::Timeout(_)) => Finding::failed(format!("no answer within {within:?}")),
                Err(error) => Finding::failed(describe(&error)),
            })
        };
        self.turn.clone().run(get).await?
    }
}

fn unexpected(status: u16, expect: &[StatusRange]) -> Option<String> {
    if expect.iter().any(|range| range.contains(status)) {
        return None;
    }
    let expected: Vec<String> = expect.iter().map(ToString::to_string).collect();
    Some(format!("answered {status}, expected {}", expected.join(" or ")))
}
