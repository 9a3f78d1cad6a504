//! Metrics of the console.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, exponential_buckets};
use std::time::Instant;
use watchkeeper_runtime::telemetry::register;

/// Counts requests, and measures how long they take.
#[derive(Clone)]
pub(crate) struct ConsoleMetrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
}

impl ConsoleMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = Opts::new("watchkeeper_console_requests_total", "Requests by route and HTTP status.");
        let seconds = HistogramOpts::new(
            "watchkeeper_console_request_seconds",
            "Time from request to response headers, by route.",
        );
        let seconds = seconds.buckets(exponential_buckets(0.001, 2.0, 14)?);
        Ok(Self {
            requests: register(registry, IntCounterVec::new(requests, &["route", "status"])?)?,
            seconds: register(registry, HistogramVec::new(seconds, &["route"])?)?,
        })
    }
}

/// Middleware for all routes.
pub(crate) async fn measure(State(metrics): State<ConsoleMetrics>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    // That of the route: the path itself may name a file or a page.
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = matched.unwrap_or_default();
    let response = next.run(request).await;
    metrics.requests.with_label_values(&[&*route, response.status().as_str()]).inc();
    metrics.seconds.with_label_values(&[&*route]).observe(started.elapsed().as_secs_f64());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::http::{self, StatusCode};
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn a_request_is_counted_by_the_route_and_not_by_its_path() {
        let metrics = ConsoleMetrics::register(&Registry::new()).unwrap();
        let routes = Router::new()
            .route("/assets/{file}", get(|| async { StatusCode::NOT_FOUND }))
            .layer(from_fn_with_state(metrics.clone(), measure));
        for file in ["a.css", "b.js"] {
            let request = http::Request::get(format!("/assets/{file}")).body(Body::empty()).unwrap();
            routes.clone().oneshot(request).await.unwrap();
        }
        assert_eq!(metrics.requests.with_label_values(&["/assets/{file}", "404"]).get(), 2);
        assert_eq!(metrics.seconds.with_label_values(&["/assets/{file}"]).get_sample_count(), 2);
    }
}
