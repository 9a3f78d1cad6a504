//! What the cache counts.

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

/// What is done with the cache: to ask it for a value, or to put values into it.
#[derive(Clone)]
pub(crate) struct Operation {
    name: &'static str,
    requests: IntCounterVec,
    seconds: Histogram,
}

/// How it ends, as the label `status` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There is a value that is new enough.
    Hit,
    /// There is none.
    Miss,
    /// The value is put.
    Success,
    /// The question is refused, or the cache does not answer.
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
            "Values asked for over gRPC (get: hit, miss or error) and samples put (set: success or error).",
        );
        let requests = register(registry, IntCounterVec::new(requests, &["operation", "status"])?)?;
        let seconds = HistogramOpts::new(
            "watchkeeper_cache_operation_seconds",
            "Time of one question (get), or of putting the samples of one delivery (set).",
        );
        let seconds = seconds.buckets(prometheus::exponential_buckets(0.000_1, 2.0, 16)?);
        let seconds = register(registry, HistogramVec::new(seconds, &["operation"])?)?;
        let operation = |name, outcomes: &[Outcome]| {
            // So that a rate over the first one is seen.
            for outcome in outcomes {
                requests.with_label_values(&[name, outcome.name()]);
            }
            Operation { name, requests: requests.clone(), seconds: seconds.with_label_values(&[name]) }
        };
        Ok(Self {
            undecodable: counter(
                "watchkeeper_cache_undecodable_total",
                "Records that are no sample; the persister sends them to the dead-letter topic.",
            )?,
            copies: counter(
                "watchkeeper_cache_copies_total",
                "Records that repeat a cached value under the label cached=\"true\"; they are left out.",
            )?,
            get: operation("get", &[Outcome::Hit, Outcome::Miss, Outcome::Error]),
            set: operation("set", &[Outcome::Success, Outcome::Error]),
        })
    }
}

impl Operation {
    /// Counts `times` that began at `started` and ended so.
    pub(crate) fn ended(&self, outcome: Outcome, times: usize, started: Instant) {
        self.requests.with_label_values(&[self.name, outcome.name()]).inc_by(times as u64);
        self.seconds.observe(started.elapsed().as_secs_f64());
    }
}
