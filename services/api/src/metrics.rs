//! The metrics of the api.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;
use tonic::{Code, Status};
use watchkeeper_runtime::http::Problem;
use watchkeeper_runtime::telemetry::register;

/// The questions about events whose answers may be partial.
const EVENT_QUESTIONS: [&str; 5] = ["around", "histogram", "page", "top", "values"];

/// Requests by route and status.
#[derive(Clone)]
pub(crate) struct ApiMetrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
    partial: IntCounterVec,
    answered: Arc<AtomicU64>,
}

impl ApiMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = Opts::new(
            "watchkeeper_api_requests_total",
            "Requests by route and status (HTTP status or gRPC code name).",
        );
        let seconds = HistogramOpts::new(
            "watchkeeper_api_request_seconds",
            "Time from request to response headers, by route.",
        );
        let seconds = seconds.buckets(prometheus::exponential_buckets(0.000_5, 2.0, 14)?);
        let partial = Opts::new(
            "watchkeeper_api_partial_answers_total",
            "Answers about events that are partial, because the search took too long, by question.",
        );
        let partial = register(registry, IntCounterVec::new(partial, &["question"])?)?;
        // A counter that begins with its first increase has no rate then.
        for question in EVENT_QUESTIONS {
            partial.with_label_values(&[question]);
        }
        Ok(Self {
            partial,
            requests: register(registry, IntCounterVec::new(requests, &["route", "status"])?)?,
            seconds: register(registry, HistogramVec::new(seconds, &["route"])?)?,
            answered: Arc::default(),
        })
    }

    /// Counts an answer about events, if it is partial.
    pub(crate) fn count_event_answer(&self, question: &str, is_partial: bool) {
        self.partial.with_label_values(&[question]).inc_by(u64::from(is_partial));
    }

    /// The number of requests so far.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Relaxed)
    }
}

/// Middleware that counts every request, including rejected ones.
pub(crate) async fn measure(State(metrics): State<ApiMetrics>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let started = Instant::now();
    let response = next.run(request).await;
    let (route, status) = asked.route_and_status(&response);
    metrics.requests.with_label_values(&[&*route, &*status]).inc();
    metrics.seconds.with_label_values(&[&*route]).observe(started.elapsed().as_secs_f64());
    metrics.answered.fetch_add(1, Relaxed);
    response
}

struct Asked {
    /// The path as the router knows it; a gRPC service ends in `/{*rest}`.
    matched: String,
    path: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let path = request.uri().path().to_owned();
        let matched = request.extensions().get().map(|matched: &MatchedPath| matched.as_str().to_owned());
        Self { matched: matched.unwrap_or_default(), path }
    }

    /// Labels of bounded cardinality, whatever path is requested.
    fn route_and_status(self, response: &Response) -> (String, String) {
        if !self.matched.ends_with("{*rest}") {
            return (self.matched, response.status().as_str().to_owned());
        }
        // A rejected request may have any path.
        if let Some(problem) = response.extensions().get::<Problem>() {
            return (self.matched, format!("{:?}", Status::from(problem).code()));
        }
        // A failure has its code in the headers; a success has it in the trailers, which come later.
        let code =
            response.headers().get("grpc-status").map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()));
        let route = if code == Code::Unimplemented { self.matched } else { self.path };
        (route, format!("{code:?}"))
    }
}
