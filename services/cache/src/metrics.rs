//! Metrics of the cache.

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};
use std::time::Instant;
use watchkeeper_runtime::telemetry::register;

#[derive(Clone)]
pub(crate) struct CacheMetrics {
    pub(crate) undecodable: IntCounter,
    pub(crate) copies: IntCounter,
    pub(crate) get: Operation,
    pub(crate) set: Operation,
}

/// An operation of the cache: look up a value, or write values.
#[derive(Clone)]
pub(crate) struct Operation {
    name: &'static str,
    requests: IntCounterVec,
    seconds: Histogram,
}

/// The outcome of an operation, as in the label `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There is a recent value.
    Hit,
    /// There is none.
    Miss,
    /// The value is written.
    Success,
    /// The request is refused, or the cache does not answer.
    Error,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Success => "success",
            Self::Error => "error",
        }
    }
}

impl CacheMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name, help| register(registry, IntCounter::new(name, help)?);
        let requests = Opts::new(
            "watchkeeper_cache_requests_total",
            "Cache operations: lookups over gRPC (get: hit, miss or error) and samples written (set: success or error).",
        );
        let requests = register(registry, IntCounterVec::new(requests, &["operation", "status"])?)?;
        let seconds = HistogramOpts::new(
            "watchkeeper_cache_operation_seconds",
            "Duration of one lookup (get), or of writing the samples of one batch (set).",
        );
        let seconds = seconds.buckets(prometheus::exponential_buckets(0.000_1, 2.0, 16)?);
        let seconds = register(registry, HistogramVec::new(seconds, &["operation"])?)?;
        let operation = |name, outcomes: &[Outcome]| {
            // So that the rate includes the first one.
            for outcome in outcomes {
                requests.with_label_values(&[name, outcome.name()]);
            }
            Operation { name, requests: requests.clone(), seconds: seconds.with_label_values(&[name]) }
        };
        Ok(Self {
            undecodable: counter(
                "watchkeeper_cache_undecodable_total",
                "Records that are not samples; the persister sends them to the dead-letter topic.",
            )?,
            copies: counter(
                "watchkeeper_cache_copies_total",
                "Records that repeat a cached value under the label cached=\"true\"; they are skipped.",
            )?,
            get: operation("get", &[Outcome::Hit, Outcome::Miss, Outcome::Error]),
            set: operation("set", &[Outcome::Success, Outcome::Error]),
        })
    }
}

impl Operation {
    /// Counts `times` operations with this outcome that began at `started`.
    pub(crate) fn ended(&self, outcome: Outcome, times: usize, started: Instant) {
        self.requests.with_label_values(&[self.name, outcome.name()]).inc_by(times as u64);
        self.seconds.observe(started.elapsed().as_secs_f64());
    }
}
