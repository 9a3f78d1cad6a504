//! Queries the exchange for all tickers.

use super::answer::{Answer, COLUMNS};
use super::config::MoexConfig;
use super::metrics::PriceMetrics;
use super::{BOARD, SOURCE};
use crate::readings::Readings;
use crate::target::{CollectError, Target, Timing};
use async_trait::async_trait;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_http_client::{HttpClient, HttpRequest};

/// Longest response, in bytes. Some 20 bytes for each share of the board, of which there are hundreds.
pub(super) const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// All tickers.
pub(crate) struct TickersTarget {
    config: MoexConfig,
    client: HttpClient,
    metrics: PriceMetrics,
    readings: Readings,
}

impl TickersTarget {
    pub(super) fn new(config: MoexConfig, metrics: PriceMetrics) -> Self {
        let client = HttpClient::new(config.timing.timeout()).trusting(config.access.trust.clone());
        Self { config, client, metrics, readings: Readings::new(SOURCE, Vec::new()) }
    }

    /// Requests the whole board: by name the exchange returns no more than ten tickers, and silently omits the rest.
    fn request(&self) -> HttpRequest {
        let path = format!("/iss/engines/stock/markets/shares/boards/{BOARD}/securities.json");
        let request = HttpRequest::get(self.config.base_url.with_path(&path))
            .query("iss.meta", "off")
            .query("iss.only", "marketdata")
            .query("marketdata.columns", COLUMNS.join(","))
            .max_body(MAX_ANSWER_BYTES);
        self.config.access.apply(request)
    }
}

#[async_trait]
impl Target for TickersTarget {
    fn source(&self) -> &'static str {
        SOURCE
    }

    fn name(&self) -> &str {
        SOURCE
    }

    fn timing(&self) -> Timing {
        self.config.timing
    }

    async fn collect(&mut self) -> Result<Vec<Sample>, CollectError> {
        let answer: Answer = self.client.send(self.request()).await?.success()?.json()?;
        let no_column = |name| CollectError::Malformed(format!("the answer has no column {name}"));
        let prices = answer.prices().map_err(no_column)?;
        self.readings.begin(Timestamp::now());
        for ticker in &self.config.tickers {
            match prices.get(ticker.as_str()) {
                Some(&price) => {
                    self.metrics.has(ticker, price);
                    self.readings.add("last_price", "RUB", &[("ticker", ticker.as_str())], price);
                }
                None => self.metrics.misses(ticker),
            }
        }
        Ok(self.readings.take())
    }
}
