//! The sections `[[collector.scrape]]`, one for each endpoint.

use crate::sources::pattern::{MAX_PATTERNS, Pattern};
use crate::target::Timing;
use std::time::Duration;
use watchkeeper_config::{HttpUrl, HttpUrlError, MAX_URL_BYTES, Secret, Section};
use watchkeeper_domain::{Series, limits};

/// Most endpoints.
pub const MAX_TARGETS: usize = 500;

const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// What is scraped when, and what of it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeConfig {
    /// Where the endpoint is.
    pub url: HttpUrl,
    /// The source of its samples.
    pub source: String,
    /// The label `instance` of its samples.
    pub instance: String,
    /// When, and for how long at most.
    pub timing: Timing,
    /// The names of metrics that are taken; empty for all.
    pub include: Vec<Pattern>,
    /// Those of them that are left out.
    pub exclude: Vec<Pattern>,
    /// What the endpoint wants to be shown, as a bearer token.
    pub token: Option<Secret>,
}

impl ScrapeConfig {
    /// Reads one section; `None` if there is nothing to scrape.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = read_url(section);
        let source = section.text("source", limits::MAX_SOURCE_BYTES, "scrape");
        let instance = section.optional_text("instance", limits::MAX_LABEL_VALUE_BYTES);
        let timing = Timing::read_spread(section, DEFAULT_INTERVAL, DEFAULT_TIMEOUT);
        let include = section.parsed_list("include", MAX_PATTERNS);
        let exclude = section.parsed_list("exclude", MAX_PATTERNS);
        let token = section.secret_file("token_file");
        let url = url?;
        let instance = instance.unwrap_or_else(|| format!("{}:{}", url.host(), url.port()));
        if let Err(violation) = Series::new(&source, "up", "", &[("instance", &instance)]) {
            section.refuse(if violation.field == "source" { "source" } else { "instance" }, violation.reason);
        }
        Some(Self { url, source, instance, timing, include, exclude, token })
    }

    /// What the target is called in logs and in the schedule.
    pub(crate) fn target(&self) -> String {
        format!("scrape/{}/{}", self.source, self.instance)
    }

    /// Whether metrics of that name are taken.
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
