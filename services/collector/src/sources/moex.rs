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

use metrics::PriceMetrics;
use prometheus::Registry;
use target::TickersTarget;

pub(crate) const SOURCE: &str = "moex";
/// The board for shares in roubles, in full lots, all day.
const BOARD: &str = "TQBR";

/// The source.
pub(crate) struct Moex(PriceMetrics);

impl Moex {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self(PriceMetrics::register(registry)?))
    }

    /// The only target: one request returns the prices of the whole board.
    pub(crate) fn target(&self, config: &MoexConfig) -> TickersTarget {
        self.0.begin(&config.tickers);
        TickersTarget::new(config.clone(), self.0.clone())
    }
}
