//! The target of one endpoint.

use super::config::ScrapeConfig;
use super::exposition::{self, Exposition, MAX_BYTES};
use super::gather::Gathering;
use super::line::Format;
use crate::target::{CollectError, Target, Timing};
use async_trait::async_trait;
use std::io::Read;
use std::sync::Arc;
use tokio::time::Instant;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_http_client::{HttpAnswer, HttpClient, HttpRequest};

/// Most concurrent scrapes.
const MAX_AT_ONCE: usize = 96;

/// Both formats are supported; in the older one endpoints do not expose `_created` series.
const ACCEPT: &str = "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1";

/// What all targets share.
pub(crate) struct Scrape(HttpClient);

impl Default for Scrape {
    fn default() -> Self {
        Self(HttpClient::new(Timing::MAX_TIMEOUT).at_once(MAX_AT_ONCE))
    }
}

impl Scrape {
    pub(crate) fn target(&self, config: &Arc<ScrapeConfig>) -> ScrapeTarget {
        ScrapeTarget::new(Arc::clone(config), &self.0)
    }
}

pub(crate) struct ScrapeTarget {
    config: Arc<ScrapeConfig>,
    name: String,
    client: HttpClient,
    gathering: Gathering,
}

impl ScrapeTarget {
    fn new(config: Arc<ScrapeConfig>, client: &HttpClient) -> Self {
        Self {
            name: config.target(),
            client: client.with_timeout(config.timing.timeout()).trusting(config.access.trust.clone()),
            gathering: Gathering::new(&config.source, config.instance.clone(), config.labels.clone()),
            config,
        }
    }

    async fn ask(&self) -> Result<Exposition, CollectError> {
        let request = HttpRequest::get(self.config.url.expose()).header("accept", ACCEPT).max_body(MAX_BYTES);
        let (request, config) = (self.config.access.apply(request), Arc::clone(&self.config));
        let read = move |answer: &HttpAnswer, body: &mut dyn Read| {
            exposition::read(body, Format::of(answer.header("content-type")), |name| config.takes(name))
        };
        Ok(self.client.stream(request, read).await?)
    }
}

#[async_trait]
impl Target for ScrapeTarget {
    fn source(&self) -> &'static str {
        "scrape"
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn timing(&self) -> Timing {
        self.config.timing
    }

    async fn collect(&mut self) -> Result<Vec<Sample>, CollectError> {
        let (now, begun) = (Timestamp::now(), Instant::now());
        let exposition = self.ask().await?;
        Ok(self.gathering.gather(&exposition, now, begun.elapsed()))
    }

    fn failed(&mut self, error: &CollectError) -> Vec<Sample> {
        self.gathering.down(Timestamp::now(), &error.to_string())
    }
}
