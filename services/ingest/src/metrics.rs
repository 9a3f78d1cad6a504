//! Metrics of ingest.

use crate::kind::{Kind, NoRoom};
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};
use std::time::Instant;
use watchkeeper_runtime::telemetry::register;

/// Metrics of one kind of record.
pub(crate) struct ItemMetrics {
    pub(crate) accepted: IntCounter,
    pub(crate) refused: IntCounter,
    pub(crate) unpublished: IntCounter,
    /// Part of the refused ones, if a limit may leave no room.
    pub(crate) without_room: Option<IntCounter>,
}

impl ItemMetrics {
    pub(crate) fn register<K: Kind>(registry: &Registry) -> Result<Self, prometheus::Error> {
        let items = format!("{}s", K::ITEM);
        let help = "Items received: accepted and durable, refused as invalid, or unpublished because the bus was unavailable.";
        let outcomes = Opts::new(format!("watchkeeper_ingest_{items}_total"), help);
        let outcomes = register(registry, IntCounterVec::new(outcomes, &["outcome"])?)?;
        let without_room = |no_room: NoRoom| {
            let name = format!("watchkeeper_ingest_{items}_without_room_total");
            let help = format!("Refused {items} that exceed a limit: {}.", no_room.title);
            register(registry, IntCounter::new(name, help)?)
        };
        Ok(Self {
            accepted: outcomes.with_label_values(&["accepted"]),
            refused: outcomes.with_label_values(&["refused"]),
            unpublished: outcomes.with_label_values(&["unpublished"]),
            without_room: K::NO_ROOM.map(without_room).transpose()?,
        })
    }
}

/// Metrics of heartbeats.
pub(crate) struct HeartbeatMetrics {
    pub(crate) accepted: IntCounter,
    pub(crate) unknown: IntCounter,
    pub(crate) unpublished: IntCounter,
}

impl HeartbeatMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let help = "Heartbeats received: accepted and durable, of a job that is not configured, or unpublished because the bus was unavailable.";
        let outcomes = Opts::new("watchkeeper_ingest_heartbeats_total", help);
        let outcomes = register(registry, IntCounterVec::new(outcomes, &["outcome"])?)?;
        Ok(Self {
            accepted: outcomes.with_label_values(&["accepted"]),
            unknown: outcomes.with_label_values(&["unknown"]),
            unpublished: outcomes.with_label_values(&["unpublished"]),
        })
    }
}

/// Metrics of all requests.
#[derive(Clone)]
pub(crate) struct HttpMetrics {
    pub(crate) body_bytes: Histogram,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
}

impl HttpMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self {
            body_bytes: register(
                registry,
                Histogram::with_opts(
                    HistogramOpts::new(
                        "watchkeeper_ingest_body_bytes",
                        "Size of a request body as sent, before decompression.",
                    )
                    .buckets(prometheus::exponential_buckets(256.0, 4.0, 9)?),
                )?,
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
                        "Time from the request headers to the response, by path.",
                    )
                    .buckets(prometheus::exponential_buckets(0.001, 2.0, 14)?),
                    &["path"],
                )?,
            )?,
        })
    }
}

/// Middleware: counts and times a request and its response, including unauthorized ones.
pub(crate) async fn measure(State(metrics): State<HttpMetrics>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    // That of the route: the path itself may name a job.
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let path = matched.unwrap_or_default();
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
