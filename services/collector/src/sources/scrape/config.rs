//! The sections `[[collector.scrape]]`, one per endpoint.

use crate::sources::labels::TargetLabels;
use crate::sources::pattern::{MAX_PATTERNS, Pattern};
use crate::target::Timing;
use std::time::Duration;
use watchkeeper_config::{HttpUrl, HttpUrlError, MAX_URL_BYTES, Section};
use watchkeeper_domain::{Series, limits};
use watchkeeper_http_client::Access;

/// Most endpoints.
pub const MAX_TARGETS: usize = 500;

const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// An endpoint, and which of its metrics to collect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeConfig {
    /// The URL of the endpoint.
    pub url: HttpUrl,
    /// The source of its samples.
    pub source: String,
    /// The label `instance` of its samples.
    pub instance: String,
    /// Interval and timeout.
    pub timing: Timing,
    /// The metrics to include; empty for all.
    pub include: Vec<Pattern>,
    /// The metrics to exclude from those.
    pub exclude: Vec<Pattern>,
    /// How to reach and to convince the endpoint.
    pub access: Access,
    /// More labels of its samples.
    pub labels: TargetLabels,
}

impl ScrapeConfig {
    /// Reads one section; `None` if it is invalid.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = read_url(section);
        let source = section.text("source", limits::MAX_SOURCE_BYTES, "scrape");
        let instance = section.optional_text("instance", limits::MAX_LABEL_VALUE_BYTES);
        let timing = Timing::read_spread(section, DEFAULT_INTERVAL, DEFAULT_TIMEOUT);
        let include = section.parsed_list("include", MAX_PATTERNS);
        let exclude = section.parsed_list("exclude", MAX_PATTERNS);
        let access = Access::read(section);
        let labels = TargetLabels::read(section, &["instance", "le", "quantile"]);
        let url = url?;
        let instance = instance.unwrap_or_else(|| format!("{}:{}", url.host(), url.port()));
        if let Err(violation) = Series::new(&source, "up", "", &[("instance", &instance)]) {
            section.refuse(if violation.field == "source" { "source" } else { "instance" }, violation.reason);
        }
        Some(Self { url, source, instance, timing, include, exclude, access, labels })
    }

    /// The name of the target in logs and in the schedule.
    pub(crate) fn target(&self) -> String {
        format!("scrape/{}/{}", self.source, self.instance)
    }

    /// Whether metrics of this name are collected.
    pub(super) fn takes(&self, name: &str) -> bool {
        let is_among = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name));
        (self.include.is_empty() || is_among(&self.include)) && !is_among(&self.exclude)
    }
}

fn read_url(section: &mut Section<'_>) -> Option<HttpUrl> {
    let text = section.required_text("url", MAX_URL_BYTES);
    if text.is_empty() {
        return None;
    }
    text.parse().map_err(|error: HttpUrlError| section.refuse("url", error.to_string())).ok()
}
