//! Prices of shares on the Moscow Exchange: `source="moex"`, label `ticker`.
//!
//! `last_price`, in `RUB`, is the price of the last deal on the main board ([`BOARD`]), from the exchange's ISS,
//! which needs no account and is about 15 minutes delayed. A sample has the time of the request: the last price is
//! valid until there is another, overnight too.
//!
//! A ticker without a price (no deal yet today, or unknown on that board) gives no sample and is counted.

mod answer;
mod config;
mod metrics;
mod target;
#[cfg(test)]
mod tests;
mod ticker;

pub use config::{MAX_TICKERS, MoexConfig};
pub use ticker::{MAX_TICKER_BYTES, Ticker, TickerError};

use crate::target::Target;
use metrics::PriceMetrics;
use prometheus::Registry;
use target::TickersTarget;
use watchkeeper_http_client::HttpClient;

const SOURCE: &str = "moex";
/// The board for shares in roubles, in full lots, all day.
const BOARD: &str = "TQBR";

impl MoexConfig {
    /// One target: one request returns the prices of the whole board.
    pub(crate) fn target(self, registry: &Registry) -> Result<Box<dyn Target>, prometheus::Error> {
        let metrics = PriceMetrics::register(registry, &self.tickers)?;
        let client = HttpClient::new(self.timing.timeout());
        Ok(Box::new(TickersTarget::new(self, client, metrics)))
    }
}
