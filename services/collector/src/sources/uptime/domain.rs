//! Domain checks: until when a domain is registered, by RDAP (RFC 9082, RFC 9083).

mod response;

use super::evidence::Trace;
use super::http::agent_of;
use super::probe::{Finding, Probe};
use super::redirect::{Next, next};
use crate::sources::base_url::BaseUrl;
use crate::target::{CollectError, Timing};
use response::Registration;
use std::io::Read as _;
use std::time::{Duration, Instant};
use ureq::http::header::{ACCEPT, LOCATION, RETRY_AFTER};
use ureq::http::{HeaderValue, Response};
use ureq::{Agent, Body};
use url::{Host, Url};
use watchkeeper_config::Section;
use watchkeeper_domain::Timestamp;
use watchkeeper_http_client::{Trust, describe};

/// Longest response, in bytes.
pub const MAX_RDAP_BYTES: usize = 512 * 1024;
/// Most redirects: the bootstrap server leads to the registry, and a registry may lead to the registrar.
const MAX_REDIRECTS: usize = 4;
/// Shortest interval: registrations change seldom, and the servers count requests.
pub const MIN_DOMAIN_INTERVAL: Duration = Duration::from_secs(60 * 60);
const DEFAULT_INTERVAL: Duration = Duration::from_secs(12 * 60 * 60);
/// Over this time the first requests after a start are spread.
const DEFAULT_JITTER: Duration = Duration::from_secs(60);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// Finds the server of each top-level domain from the list of IANA (RFC 9224), and redirects to it.
const PUBLIC: &str = "https://rdap.org";
/// How long a server that limits requests is left alone, unless it says so itself.
const REFUSED_FOR: Duration = Duration::from_secs(60 * 60);
/// The longest that it is left alone, whatever it says.
const MAX_REFUSED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A domain that must be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainCheck {
    /// The domain, in its ASCII form.
    pub domain: String,
    /// The server that is asked first.
    pub rdap: BaseUrl,
}

impl DomainCheck {
    /// Reads what follows `domain://`, and the key `rdap`.
    pub(super) fn read(section: &mut Section<'_>, rest: &str) -> Option<Self> {
        let rdap = section.parsed("rdap").unwrap_or_else(|| BaseUrl::public(PUBLIC));
        match Host::parse(rest.trim_end_matches(['/', '.'])) {
            Ok(Host::Domain(domain)) if domain.contains('.') => Some(Self { domain, rdap }),
            _ => {
                section.refuse("url", "must be domain://NAME, such as domain://example.com");
                None
            }
        }
    }

    /// Reads the timing, whose interval is longer than that of other checks.
    pub(super) fn timing(section: &mut Section<'_>) -> Timing {
        let timing = Timing::read(section, Timing::new(DEFAULT_INTERVAL, DEFAULT_JITTER, DEFAULT_TIMEOUT));
        if timing.interval() < MIN_DOMAIN_INTERVAL {
            section.refuse("interval", "must be at least 1h for a domain");
        }
        timing
    }
}

impl Probe {
    /// Asks until when the domain is registered. A server that does not say so says nothing about the domain.
    pub(super) async fn domain(&self, check: &DomainCheck) -> Result<Finding, CollectError> {
        let (check, within, trace) = (check.clone(), self.within, self.trace.clone());
        let begun = self.begun.into_std();
        let ask = move || {
            let asking = Asking { deadline: begun + within, within, agent: agent(&trace)? };
            let registration = asking.registration(&check)?;
            trace.host_answered();
            Ok(found(&registration, Timestamp::now()))
        };
        let finding: Result<Finding, CollectError> = self.turn.clone().run(ask).await?;
        let found = finding?;
        Ok(Finding { latency: Some(self.begun.elapsed()), ..found })
    }
}

fn agent(trace: &Trace) -> Result<Agent, CollectError> {
    let judge = Trust::Web.judge().map_err(CollectError::Unreachable)?;
    let agent = agent_of(&judge, None, false, trace);
    agent.map_err(|error| CollectError::Unreachable(describe(&error)))
}

/// `registration ended 2 days ago`.
fn found(registration: &Registration, now: Timestamp) -> Finding {
    let expiry = match registration {
        Registration::Until(expiry) => *expiry,
        Registration::None => return Finding::failed("the domain is not registered"),
    };
    let failure = expiry.ago(now).map(|ago| format!("registration ended {ago} ago"));
    Finding { failure, domain: Some(expiry), ..Finding::default() }
}

/// The server of a URL; another scheme on its default port is the same server.
fn server(url: &Url) -> (Option<String>, Option<u16>) {
    (url.host_str().map(str::to_owned), url.port())
}

/// One question, with its redirects.
struct Asking {
    agent: Agent,
    deadline: Instant,
    within: Duration,
}

impl Asking {
    fn registration(&self, check: &DomainCheck) -> Result<Registration, CollectError> {
        let mut url: Url = check
            .rdap
            .with_path(&format!("/domain/{}", check.domain))
            .parse()
            .map_err(|_| CollectError::Malformed("`rdap` is not a URL".to_owned()))?;
        // The first server may be a directory of registries, and only not know this one.
        let directory = server(&url);
        for _ in 0..=MAX_REDIRECTS {
            let host = url.host_str().unwrap_or_default().to_owned();
            let mut response = self.ask(&url, &host)?;
            let location = response.headers().get(LOCATION).map(HeaderValue::as_bytes);
            match next(&url, response.status().as_u16(), location) {
                Next::Follow(there) => url = there,
                Next::Judge | Next::JudgeThough(_) => {
                    return self.read(&mut response, &host, server(&url) != directory, check);
                }
            }
        }
        Err(CollectError::Malformed(format!("RDAP redirects more than {MAX_REDIRECTS} times")))
    }

    fn ask(&self, url: &Url, host: &str) -> Result<Response<Body>, CollectError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(CollectError::TimedOut(self.within));
        }
        let request = self.agent.get(url.as_str()).header(ACCEPT, "application/rdap+json");
        request.config().timeout_global(Some(left)).build().call().map_err(|error| match error {
            ureq::Error::Timeout(_) => CollectError::TimedOut(self.within),
            error => CollectError::Unreachable(format!("{host}: {}", describe(&error))),
        })
    }

    fn read(
        &self,
        response: &mut Response<Body>,
        host: &str,
        is_registry: bool,
        check: &DomainCheck,
    ) -> Result<Registration, CollectError> {
        let domain = &check.domain;
        match response.status().as_u16() {
            200 => {}
            404 if is_registry => return Ok(Registration::None),
            404 => return Err(CollectError::Malformed(format!("{host} knows no registry for {domain}"))),
            429 | 503 => {
                let seconds =
                    response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
                let wait = seconds.map_or(REFUSED_FOR, Duration::from_secs).min(MAX_REFUSED_FOR);
                let reason = format!("{host} answered {}", response.status().as_u16());
                let until = Some(Timestamp::now().plus(wait));
                return Err(CollectError::Refused { reason, until });
            }
            status => return Err(CollectError::Malformed(format!("{host} answered {status}"))),
        }
        let mut body = Vec::new();
        let limit = MAX_RDAP_BYTES as u64 + 1;
        if response.body_mut().as_reader().take(limit).read_to_end(&mut body).is_err() {
            return Err(CollectError::TimedOut(self.within));
        }
        if body.len() > MAX_RDAP_BYTES {
            let reason = format!("{host} answered with more than {MAX_RDAP_BYTES} bytes");
            return Err(CollectError::Malformed(reason));
        }
        response::read(&body).map_err(|reason| CollectError::Malformed(format!("{host}: {reason}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::uptime::certificate::Expiry;

    #[test]
    fn a_registration_that_has_ended_is_down_and_its_days_are_negative() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let until = Registration::Until(Expiry::at(at("2026-11-20T00:00:00Z")));
        let ended = found(&until, at("2026-11-22T12:00:00Z"));
        assert_eq!(ended.failure.as_deref(), Some("registration ended 2 days ago"));
        assert!(ended.domain.unwrap().in_days(at("2026-11-22T12:00:00Z")) < -2.0);
        assert_eq!(found(&until, at("2026-11-19T00:00:00Z")).failure, None);
        let none = found(&Registration::None, at("2026-11-19T00:00:00Z"));
        assert_eq!(none.failure.as_deref(), Some("the domain is not registered"));
    }
}
