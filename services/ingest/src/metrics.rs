//! What ingest counts.

use crate::series::Sender;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
};
use std::time::Instant;
use watchkeeper_runtime::telemetry::register;

#[derive(Clone)]
pub(crate) struct IngestMetrics {
    pub(crate) accepted: IntCounter,
    pub(crate) refused: IntCounter,
    pub(crate) unpublished: IntCounter,
    /// Of those refused.
    pub(crate) without_room: IntCounter,
    series: IntGaugeVec,
    pub(crate) body_bytes: Histogram,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
}

impl IngestMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters =
            |name, help, label| register(registry, IntCounterVec::new(Opts::new(name, help), &[label])?);
        let histogram = |name, help, buckets| {
            register(registry, Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))?)
        };
        let samples = counters(
            "watchkeeper_ingest_samples_total",
            "Samples received: accepted and durable, refused as invalid, or unpublished because the bus took none.",
            "outcome",
        )?;
        Ok(Self {
            accepted: samples.with_label_values(&["accepted"]),
            refused: samples.with_label_values(&["refused"]),
            unpublished: samples.with_label_values(&["unpublished"]),
            without_room: register(
                registry,
                IntCounter::new(
                    "watchkeeper_ingest_samples_without_room_total",
                    "Samples refused because they were of new series when there were as many as may be.",
                )?,
            )?,
            series: register(
                registry,
                IntGaugeVec::new(
                    Opts::new("watchkeeper_ingest_series", "Series that were sent lately, by token."),
                    &["token"],
                )?,
            )?,
            body_bytes: histogram(
                "watchkeeper_ingest_body_bytes",
                "Size of a body as it was sent.",
                prometheus::exponential_buckets(256.0, 4.0, 9)?,
            )?,
            requests: register(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "watchkeeper_ingest_requests_total",
                        "Requests answered, by path and class of status.",
                    ),
                    &["path", "status"],
                )?,
            )?,
            request_seconds: register(
                registry,
                HistogramVec::new(
                    HistogramOpts::new(
                        "watchkeeper_ingest_request_seconds",
                        "Time from the head of a request to its answer, by path.",
                    )
                    .buckets(prometheus::exponential_buckets(0.001, 2.0, 14)?),
                    &["path"],
                )?,
            )?,
        })
    }
}

impl IngestMetrics {
    /// Shows how many series each has sent lately, and nobody else.
    pub(crate) fn set_series(&self, counts: &[(Sender, usize)]) {
        self.series.reset();
        for (sender, series) in counts {
            let series = i64::try_from(*series).unwrap_or(i64::MAX);
            self.series.with_label_values(&[sender.name()]).set(series);
        }
    }
}

/// A layer's function: counts and times a request and its answer, also when it is not let in.
pub(crate) async fn measure(State(metrics): State<IngestMetrics>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    // Of the two that there are: the layer is on routes alone.
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    metrics.requests.with_label_values(&[&*path, class(response.status())]).inc();
    metrics.request_seconds.with_label_values(&[&*path]).observe(started.elapsed().as_secs_f64());
    response
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_is_of_its_class() {
        let classes = [100, 202, 304, 429, 503].map(|status| class(StatusCode::from_u16(status).unwrap()));
        assert_eq!(classes, ["1xx", "2xx", "3xx", "4xx", "5xx"]);
    }
}
