//! The sections `[[collector.uptime]]`, one per target.

use super::address::Address;
use super::body::BodyConditions;
use super::dns::DnsCheck;
use super::domain::DomainCheck;
use super::grpc::GrpcCheck;
use super::icmp::IcmpCheck;
use super::proxy;
use super::request::Sends;
use super::scheme;
use super::status::StatusRange;
use super::talk::TalkCheck;
use crate::sources::labels::TargetLabels;
use crate::target::Timing;
use std::str::FromStr;
use std::time::Duration;
use ureq::http::Method;
use watchkeeper_config::{HttpUrl, MAX_URL_BYTES, Section};
use watchkeeper_domain::{Series, limits};
use watchkeeper_http_client::Access;
use watchkeeper_http_client::Trust;

/// Most targets.
pub const MAX_TARGETS: usize = 20_000;
/// Longest timeout of a probe. Shorter than [`Timing::MAX_TIMEOUT`], so that a target that does not answer is
/// reported down before the collection times out.
pub const MAX_PROBE: Duration = Duration::from_secs(13);
/// Highest threshold.
pub const MAX_THRESHOLD: u32 = 100;
/// Most redirects that a probe may follow.
pub const MAX_REDIRECTS: u32 = 10;
/// Most ranges of expected status codes per target.
pub const MAX_EXPECTED: usize = 20;

const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// A probed target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UptimeConfig {
    /// The label `target`, and the target's name in logs.
    pub name: String,
    /// The check.
    pub check: Check,
    /// Its interval and timeout. The timeout applies to one probe, and is at most [`MAX_PROBE`].
    pub timing: Timing,
    /// How many consecutive probes must agree.
    pub thresholds: Thresholds,
    /// More labels of its series.
    pub labels: TargetLabels,
}

/// What a target must do to be up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Answer a request.
    Http(HttpCheck),
    /// Accept a connection.
    Tcp(Address),
    /// Complete a TLS handshake with a valid certificate.
    Tls(Address, Trust),
    /// Reply to an echo request.
    Icmp(IcmpCheck),
    /// Answer a query.
    Dns(DnsCheck),
    /// Report that it serves.
    Grpc(GrpcCheck),
    /// Greet, and answer, as a protocol says.
    Talk(TalkCheck),
    /// Be registered.
    Domain(DomainCheck),
}

/// A request and the expected response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpCheck {
    /// The URL. With `https`, the certificate must be valid too.
    pub url: HttpUrl,
    /// What is sent.
    pub sends: Sends,
    /// The expected status codes.
    pub expect: Vec<StatusRange>,
    /// What is expected of the body.
    pub conditions: BodyConditions,
    /// How many redirects to follow; one that is not followed is judged itself.
    pub max_redirects: u32,
    /// Whether redirects may lead to addresses of this host, its links and its private networks, unless the target
    /// itself is there.
    pub allow_local_redirects: bool,
    /// The proxy that requests go through, unless the target is on this host.
    pub proxy: Option<HttpUrl>,
    /// Whose certificates are accepted, and what the target must be told. Redirects to another origin are not told it.
    pub access: Access,
}

/// How many consecutive probes must agree before the result counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// To report a target as down.
    pub failures: u32,
    /// To report a target as up.
    pub successes: u32,
}

impl UptimeConfig {
    /// Reads one section; `None` if the check is invalid.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.optional_text("name", limits::MAX_LABEL_VALUE_BYTES);
        let check = Check::read(section);
        let timing = match &check {
            Some((Check::Domain(_), _)) => DomainCheck::timing(section),
            _ => Timing::read_spread(section, DEFAULT_INTERVAL, DEFAULT_TIMEOUT),
        };
        if timing.timeout() > MAX_PROBE {
            section.refuse("timeout", format!("must be at most {MAX_PROBE:?}"));
        }
        let thresholds = Thresholds {
            failures: section.integer("failures", 1..=MAX_THRESHOLD, 1),
            successes: section.integer("successes", 1..=MAX_THRESHOLD, 1),
        };
        let labels = TargetLabels::read(section, &["target", "site"]);
        let (check, default_name) = check?;
        let name = name.unwrap_or(default_name);
        if Series::new("uptime", "x", "", &[("target", &name)]).is_err() {
            section.refuse("name", "must not contain control characters");
        }
        Some(Self { name, check, timing, thresholds, labels })
    }

    /// The name of the target in logs and in the schedule.
    pub(crate) fn target(&self) -> String {
        let group = self.labels.group().map(|group| format!("{group}/")).unwrap_or_default();
        format!("uptime/{group}{}", self.name)
    }
}

impl Check {
    /// The check, and the default name of its target.
    fn read(section: &mut Section<'_>) -> Option<(Self, String)> {
        let keys = ["url", "tcp", "tls"];
        let given = keys.map(|key| section.optional_text(key, MAX_URL_BYTES).map(|text| (key, text)));
        let mut given = given.into_iter().flatten();
        let (Some((key, text)), None) = (given.next(), given.next()) else {
            section.refuse("url", "exactly one of url, tcp and tls must be given");
            return None;
        };
        match key {
            "url" if scheme::is_other(&text) => scheme::read(section, &text),
            "url" => {
                let http = HttpCheck::read(section, &text);
                http.map(|http| (Self::Http(http), text.split('?').next().unwrap_or_default().to_owned()))
            }
            "tcp" => parse(section, "tcp", &text).map(|address| (scheme::tcp(section, address), text)),
            _ => parse(section, "tls", &text).map(|address| (scheme::tls(section, address), text)),
        }
    }
}

impl HttpCheck {
    fn read(section: &mut Section<'_>, url: &str) -> Option<Self> {
        let mut expect = section.parsed_list("expect_status", MAX_EXPECTED);
        if expect.is_empty() {
            expect.push(StatusRange::SUCCESS);
        }
        let max_redirects = section.integer("max_redirects", 0..=MAX_REDIRECTS, 5);
        let allow_local_redirects = section.boolean("allow_local_redirects", false);
        let url: Option<HttpUrl> = parse(section, "url", url);
        let (access, proxy) = (Access::read(section), proxy::read(section));
        let (sends, conditions) = (Sends::read(section), BodyConditions::read(section));
        if sends.method == Method::HEAD && !conditions.is_empty() {
            section.refuse(
                "method",
                "the response to HEAD has no body: remove the conditions on it, or use GET",
            );
        }
        Some(Self {
            url: url?,
            sends,
            conditions,
            expect,
            max_redirects,
            allow_local_redirects,
            proxy,
            access,
        })
    }
}

pub(super) fn parse<T: FromStr<Err: ToString>>(
    section: &mut Section<'_>,
    key: &'static str,
    text: &str,
) -> Option<T> {
    text.parse().map_err(|error: T::Err| section.refuse(key, error.to_string())).ok()
}
