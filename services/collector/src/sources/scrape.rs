//! Prometheus endpoints: their metrics become samples of the same name, with the label `instance`.
//!
//! Values are unchanged: a counter stays cumulative, a histogram keeps its buckets with the label `le`, a summary its
//! quantiles. As in Prometheus, each scrape adds `up` (1, or 0 if it failed) and `scrape_duration_seconds`; and
//! `scrape_samples_skipped`, the number of values that are not valid samples: lines that cannot be read, NaN and infinities,
//! times before 1970, labels past the limits, a second value of one series.

mod config;
mod cursor;
mod exposition;
mod gather;
mod groups;
mod line;
mod target;
#[cfg(test)]
mod tests;
mod unit;

pub use config::{MAX_TARGETS, ScrapeConfig};
pub use exposition::{MAX_BYTES, MAX_LINE_BYTES, MAX_SAMPLES};

pub(crate) use groups::SECTIONS;
pub(crate) use target::Scrape;
