//! HTTP requests.

use super::body::MAX_BODY_BYTES;
use super::certificate::Seen;
use super::config::HttpCheck;
use super::cookies::Cookies;
use super::evidence::Trace;
use super::failure;
use super::probe::{Finding, Probe};
use super::proxy;
use super::redirect::{Next, next};
use super::request::Sends;
use super::resolver::{LeadsAstray, ProbeResolver};
use super::status::StatusRange;
use crate::target::CollectError;
use std::io::Read as _;
use std::time::{Duration, Instant};
use ureq::http::header::{COOKIE, LOCATION};
use ureq::http::{HeaderValue, Request, Response};
use ureq::{Agent, AsSendBody, Body, Error, Proxy, Timeout};
use url::Url;
use watchkeeper_http_client::Access;
use watchkeeper_http_client::{Judge, NotConnected, agent, agent_config, describe};

/// Longest head of a response, in bytes.
pub(super) const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Size of the output buffer, in bytes.
const OUTPUT_BYTES: usize = 4 * 1024;

/// The client of one probe. Keeps no connection: each probe must establish a new one.
pub(super) fn agent_of(
    judge: &Judge,
    proxy: Option<Proxy>,
    allow_local_redirects: bool,
    trace: &Trace,
) -> Result<Agent, Error> {
    let resolver = ProbeResolver::new(allow_local_redirects, trace.clone());
    let resolver = proxy.iter().fold(resolver, |resolver, proxy| resolver.via(proxy.host(), proxy.port()));
    let config = agent_config()
        .max_idle_connections(0)
        .max_response_header_size(MAX_HEAD_BYTES)
        .input_buffer_size(MAX_HEAD_BYTES)
        .output_buffer_size(OUTPUT_BYTES)
        .proxy(proxy);
    agent(config.build(), judge, resolver)
}

impl Probe {
    /// Sends the request, and follows redirects.
    pub(super) async fn http(&self, check: &HttpCheck) -> Result<Finding, CollectError> {
        let (check, within, trace) = (check.clone(), self.within, self.trace.clone());
        let get = move || {
            let judge = check.access.trust.judge().map_err(CollectError::Unreachable)?;
            let agent = proxy::of(check.proxy.as_ref(), &check.url)
                .and_then(|proxy| agent_of(&judge, proxy, check.allow_local_redirects, &trace));
            let agent = agent.map_err(|error| CollectError::Unreachable(describe(&error)))?;
            let begun = Instant::now();
            let host = check.url.host().to_owned();
            let deadline = begun + within;
            let mut chain =
                Chain { agent, judge, deadline, cookies: Cookies::default(), host, first_secure: None };
            let finding = match chain.follow(&check) {
                Ok(Answer { status, though, unmet }) => {
                    trace.host_answered();
                    Finding {
                        failure: unexpected(status, though.as_deref(), &check.expect)
                            .or_else(|| unmet.map(|reason| format!("answered {status}, {reason}"))),
                        latency: Some(begun.elapsed()),
                        status: Some(status),
                        ..Finding::default()
                    }
                }
                Err(error) => {
                    not_connected(&error, &trace);
                    Finding::failed(chain.why(&error, &check, within))
                }
            };
            // The first certificate is that of the target; others are of redirects.
            let seen = Seen::by(&chain.judge).filter(|_| check.url.is_https());
            let expiry = seen.map(|seen| seen.expiry);
            Ok(Finding { expiry, ..finding })
        };
        self.turn.clone().run(get).await?
    }
}

/// A chain of requests along redirects.
struct Chain {
    agent: Agent,
    judge: Judge,
    deadline: Instant,
    cookies: Cookies,
    /// The host of the last request.
    host: String,
    /// The host of the first request over TLS.
    first_secure: Option<String>,
}

/// The response to judge.
struct Answer {
    status: u16,
    /// Why this one, if it is a redirect.
    though: Option<String>,
    /// Why its body is not as expected.
    unmet: Option<String>,
}

impl Chain {
    /// The first response that is not followed.
    fn follow(&mut self, check: &HttpCheck) -> Result<Answer, Error> {
        let judged = |status, though, unmet| Ok(Answer { status, though, unmet });
        let mut sends = check.sends.clone();
        // As configured: a parsed URL may be spelled differently.
        let mut answer = self.ask(check.url.expose(), &sends, None, Some(&check.access))?;
        let Ok(mut url) = Url::parse(check.url.expose()) else {
            return judged(answer.status().as_u16(), None, unmet(check, answer));
        };
        let own_origin = url.origin();
        let mut followed = 0;
        loop {
            let status = answer.status().as_u16();
            let location = answer.headers().get(LOCATION).map(HeaderValue::as_bytes);
            let there = match next(&url, status, location) {
                Next::Judge => return judged(status, None, unmet(check, answer)),
                Next::JudgeThough(reason) => return judged(status, Some(reason), unmet(check, answer)),
                Next::Follow(_) if followed == check.max_redirects => {
                    let count = |redirects| format!("after {redirects} redirects, which is `max_redirects`");
                    return judged(status, (followed > 0).then(|| count(followed)), unmet(check, answer));
                }
                Next::Follow(there) => there,
            };
            followed += 1;
            sends = sends.after_redirect(status);
            if sends.body.is_some() && there.origin() != own_origin {
                let reason = "and redirects to another origin, which does not get `body`".to_owned();
                return judged(status, Some(reason), None);
            }
            self.cookies.keep(&url, answer.headers());
            there.host_str().unwrap_or_default().clone_into(&mut self.host);
            let access = (there.origin() == own_origin).then_some(&check.access);
            answer = match self.ask(there.as_str(), &sends, self.cookies.for_request(&there), access) {
                Ok(answer) => answer,
                Err(error) => match LeadsAstray::of(&error) {
                    Some(astray) => {
                        let reason = format!(
                            "and redirects to {astray}, which requires `allow_local_redirects = true`"
                        );
                        return judged(status, Some(reason), None);
                    }
                    None => return Err(error),
                },
            };
            url = there;
        }
    }

    /// Why the last request has no response, and of which host, unless that is the target's.
    fn why(&self, error: &Error, check: &HttpCheck, within: Duration) -> String {
        // The judge remembers the first certificate only.
        let is_first = self.first_secure.as_deref() == Some(&self.host);
        let is_self_signed = is_first && Seen::by(&self.judge).is_some_and(|seen| seen.is_self_signed);
        let reason = failure::of_request(error, &self.host, within, is_self_signed);
        if self.host == check.url.host() { reason } else { failure::after_redirect(&reason, &self.host) }
    }

    /// A response, whose body is not read yet.
    fn ask(
        &mut self,
        url: &str,
        sends: &Sends,
        cookies: Option<String>,
        access: Option<&Access>,
    ) -> Result<Response<Body>, Error> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            return Err(Error::Timeout(Timeout::Global));
        }
        if url.starts_with("https:") {
            self.first_secure.get_or_insert_with(|| self.host.clone());
        }
        let mut request = Request::builder().method(sends.method.clone()).uri(url);
        for (name, value) in access.into_iter().flat_map(Access::headers) {
            request = request.header(name, value);
        }
        if let Some(cookies) = cookies {
            request = request.header(COOKIE, cookies);
        }
        match &sends.body {
            None => self.run(request.body(())?, left),
            Some(body) => self.run(request.body(body.as_str())?, left),
        }
    }

    fn run(&self, request: Request<impl AsSendBody>, within: Duration) -> Result<Response<Body>, Error> {
        let config = self.agent.configure_request(request);
        self.agent.run(config.timeout_global(Some(within)).allow_non_standard_methods(true).build())
    }
}

/// Records why no connection was made.
fn not_connected(error: &Error, trace: &Trace) {
    let Error::Io(error) = error else { return };
    if let Some(NotConnected(failures)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        trace.not_connected(failures.iter().map(|(address, error)| (address.ip(), error)));
    }
}

/// Why the body is not as expected. It is read only if something is expected of it, and the status is as expected.
fn unmet(check: &HttpCheck, mut answer: Response<Body>) -> Option<String> {
    let is_expected = check.expect.iter().any(|range| range.contains(answer.status().as_u16()));
    if check.conditions.is_empty() || !is_expected {
        return None;
    }
    let mut body = Vec::new();
    match answer.body_mut().as_reader().take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut body) {
        Ok(_) => check.conditions.unmet(&body),
        Err(_) => Some("but its body did not arrive in time or was cut off".to_owned()),
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
