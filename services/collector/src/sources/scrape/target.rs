//! The target of one endpoint.

use super::config::ScrapeConfig;
use super::exposition;
use super::gather::Gathering;
use super::line::Format;
use crate::target::{CollectError, Target, Timing};
use async_trait::async_trait;
use tokio::time::Instant;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_http_client::{HttpAnswer, HttpClient, HttpRequest};

/// Most concurrent scrapes.
const MAX_AT_ONCE: usize = 96;

/// Both formats are supported; in the older one endpoints do not expose `_created` series.
const ACCEPT: &str = "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1";

/// The targets of all sections.
pub(crate) fn targets(configs: Vec<ScrapeConfig>) -> impl Iterator<Item = Box<dyn Target>> {
    let client = HttpClient::new(Timing::MAX_TIMEOUT).at_once(MAX_AT_ONCE);
    configs.into_iter().map(move |config| Box::new(ScrapeTarget::new(config, &client)) as Box<dyn Target>)
}

struct ScrapeTarget {
    config: ScrapeConfig,
    name: String,
    client: HttpClient,
    gathering: Gathering,
}

impl ScrapeTarget {
    fn new(config: ScrapeConfig, client: &HttpClient) -> Self {
        Self {
            name: config.target(),
            client: client.with_timeout(config.timing.timeout()),
            gathering: Gathering::new(&config.source, config.instance.clone()),
            config,
        }
    }

    async fn ask(&self) -> Result<HttpAnswer, CollectError> {
        let mut request = HttpRequest::get(self.config.url.expose()).header("accept", ACCEPT);
        if let Some(token) = &self.config.token {
            request = request.header("authorization", format!("Bearer {}", token.expose()));
        }
        Ok(self.client.send(request).await?.success()?)
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
        let answer = self.ask().await?;
        let format = Format::of(answer.header("content-type"));
        let exposed = exposition::read(answer.body(), format, |name| self.config.takes(name));
        let exposed = exposed.map_err(CollectError::Malformed)?;
        Ok(self.gathering.gather(&exposed, now, begun.elapsed()))
    }

    fn failed(&mut self, error: &CollectError) -> Vec<Sample> {
        self.gathering.down(Timestamp::now(), &error.to_string())
    }
}
