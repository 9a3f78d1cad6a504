//! Metrics of prices, by ticker.

use super::ticker::Ticker;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};
use watchkeeper_runtime::telemetry::register;

/// The upper bounds of the histogram's buckets, in roubles: from shares of a few kopecks to those of tens
/// of thousands, three to a power of ten, so that a price is known within a factor of 2.5.
pub(super) const PRICE_BUCKETS: [f64; 21] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0,
    5_000.0, 10_000.0, 20_000.0, 50_000.0,
];

#[derive(Clone)]
pub(super) struct PriceMetrics {
    prices: HistogramVec,
    missing: IntCounterVec,
}

impl PriceMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let prices =
            HistogramOpts::new("watchkeeper_collector_moex_price", "Last collected price, in roubles.");
        let missing = Opts::new(
            "watchkeeper_collector_moex_missing_prices_total",
            "Collections in which the exchange had no price for the ticker.",
        );
        let prices = HistogramVec::new(prices.buckets(PRICE_BUCKETS.into()), &["ticker"])?;
        Ok(Self {
            prices: register(registry, prices)?,
            missing: register(registry, IntCounterVec::new(missing, &["ticker"])?)?,
        })
    }

    /// Shows every ticker from the start, so that the first missing price is an increase.
    pub(super) fn begin(&self, tickers: &[Ticker]) {
        for ticker in tickers {
            self.prices.with_label_values(&[ticker.as_str()]);
            self.missing.with_label_values(&[ticker.as_str()]);
        }
    }

    /// Records a price.
    pub(super) fn has(&self, ticker: &Ticker, price: f64) {
        self.prices.with_label_values(&[ticker.as_str()]).observe(price);
    }

    /// Records a missing price.
    pub(super) fn misses(&self, ticker: &Ticker) {
        self.missing.with_label_values(&[ticker.as_str()]).inc();
    }
}
