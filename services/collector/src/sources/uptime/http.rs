//! GET requests.

use super::address::Address;
use super::config::HttpCheck;
use super::cookies::Cookies;
use super::failure;
use super::probe::{Finding, Probe};
use super::redirect::{Next, next};
use super::resolver::{LeadsAstray, ProbeResolver};
use super::status::StatusRange;
use crate::target::CollectError;
use std::time::{Duration, Instant};
use ureq::http::HeaderValue;
use ureq::http::header::{COOKIE, LOCATION};
use ureq::http::response::Parts;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Error, Timeout};
use url::Url;
use watchkeeper_http_client::agent_config;

/// Longest head of a response, in bytes.
pub(super) const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Size of the output buffer, in bytes.
const OUTPUT_BYTES: usize = 4 * 1024;

/// The client of one probe. Keeps no connection: each probe must establish a new one. Uses no proxy: the target must
/// be up, not the proxy.
fn agent(roots: RootCerts, allow_local_redirects: bool) -> Agent {
    let config = agent_config()
        .max_idle_connections(0)
        .max_response_header_size(MAX_HEAD_BYTES)
        .input_buffer_size(MAX_HEAD_BYTES)
        .output_buffer_size(OUTPUT_BYTES)
        .proxy(None)
        .tls_config(TlsConfig::builder().root_certs(roots).build());
    Agent::with_parts(config.build(), DefaultConnector::default(), ProbeResolver::new(allow_local_redirects))
}

impl Probe {
    /// Sends the request, and inspects the certificate over a separate connection: ureq exposes none, and closes a
    /// connection whose certificate is invalid.
    pub(super) async fn http(&self, check: &HttpCheck) -> Result<Finding, CollectError> {
        let mut finding = self.get(check).await?;
        let address = Address::new(check.url.host(), check.url.port());
        let connected = if check.url.is_https() {
            let handshake = self.handshake(&address, &check.trust).await?;
            finding.expiry = handshake.expiry;
            handshake.result
        } else if finding.status.is_none() {
            self.in_time(self.connect(&address)).await?.map(drop)
        } else {
            Ok(())
        };
        // It knows the addresses and the certificate, of which the client tells nothing.
        if let (None, Err(reason)) = (finding.status, connected) {
            finding.failure = Some(reason);
        }
        Ok(finding)
    }

    async fn get(&self, check: &HttpCheck) -> Result<Finding, CollectError> {
        let (check, within) = (check.clone(), self.within);
        let get = move || {
            let agent = agent(check.trust.roots()?.for_http, check.allow_local_redirects);
            let begun = Instant::now();
            let host = check.url.host().to_owned();
            let mut chain = Chain { agent, deadline: begun + within, cookies: Cookies::default(), host };
            Ok(match chain.follow(&check) {
                Ok(Answer { status, though }) => Finding {
                    failure: unexpected(status, though.as_deref(), &check.expect),
                    latency: Some(begun.elapsed()),
                    status: Some(status),
                    expiry: None,
                },
                Err(error) => Finding::failed(chain.why(&error, &check, within)),
            })
        };
        self.turn.clone().run(get).await?
    }
}

/// A chain of requests along redirects.
struct Chain {
    agent: Agent,
    deadline: Instant,
    cookies: Cookies,
    /// The host of the last request.
    host: String,
}

/// The response to judge.
struct Answer {
    status: u16,
    /// Why this one, if it is a redirect.
    though: Option<String>,
}

impl Chain {
    /// The first response that is not followed.
    fn follow(&mut self, check: &HttpCheck) -> Result<Answer, Error> {
        // As configured: a parsed URL may be spelled differently.
        let mut head = self.ask(check.url.expose(), None)?;
        let Ok(mut url) = Url::parse(check.url.expose()) else {
            return Ok(Answer { status: head.status.as_u16(), though: None });
        };
        let mut followed = 0;
        loop {
            let status = head.status.as_u16();
            let location = head.headers.get(LOCATION).map(HeaderValue::as_bytes);
            let there = match next(&url, status, location) {
                Next::Judge => return Ok(Answer { status, though: None }),
                Next::JudgeThough(reason) => return Ok(Answer { status, though: Some(reason) }),
                Next::Follow(_) if followed == check.max_redirects => {
                    let count = |redirects| format!("after {redirects} redirects, which is `max_redirects`");
                    return Ok(Answer { status, though: (followed > 0).then(|| count(followed)) });
                }
                Next::Follow(there) => there,
            };
            followed += 1;
            self.cookies.keep(&url, &head.headers);
            there.host_str().unwrap_or_default().clone_into(&mut self.host);
            head = match self.ask(there.as_str(), self.cookies.for_request(&there)) {
                Ok(head) => head,
                Err(error) => match LeadsAstray::of(&error) {
                    Some(astray) => {
                        let reason = format!(
                            "and redirects to {astray}, which requires `allow_local_redirects = true`"
                        );
                        return Ok(Answer { status, though: Some(reason) });
                    }
                    None => return Err(error),
                },
            };
            url = there;
        }
    }

    /// Why the last request has no response, and of which host, unless that is the target's.
    fn why(&self, error: &Error, check: &HttpCheck, within: Duration) -> String {
        let reason = failure::of_request(error, &self.host, within);
        if self.host == check.url.host() {
            reason
        } else {
            format!("{reason}, after a redirect to {}", self.host)
        }
    }

    /// The head of a response. Its body is not read.
    fn ask(&self, url: &str, cookies: Option<String>) -> Result<Parts, Error> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            return Err(Error::Timeout(Timeout::Global));
        }
        let mut request = self.agent.get(url);
        if let Some(cookies) = cookies {
            request = request.header(COOKIE, cookies);
        }
        let answer = request.config().timeout_global(Some(left)).build().call()?;
        Ok(answer.into_parts().0)
    }
}

/// `answered 503, expected 2xx`.
fn unexpected(status: u16, though: Option<&str>, expect: &[StatusRange]) -> Option<String> {
    if expect.iter().any(|range| range.contains(status)) {
        return None;
    }
    let expected: Vec<String> = expect.iter().map(ToString::to_string).collect();
    let though = though.map(|reason| format!(" {reason}")).unwrap_or_default();
    Some(format!("answered {status}{though}, expected {}", expected.join(" or ")))
}
