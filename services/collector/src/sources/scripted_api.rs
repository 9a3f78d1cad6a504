//! An API on loopback for the tests of sources.

use super::base_url::BaseUrl;
use super::served::serve;
use crate::target::CollectError;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// Status, headers and body.
pub(crate) type Answer = (StatusCode, HeaderMap, String);

pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: impl Into<String>) -> Answer {
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    (StatusCode::from_u16(status).unwrap(), headers.collect(), body.into())
}

/// Whether the error requests a back-off of `wait`, of which the test itself may have used up half.
pub(crate) fn asks_to_wait(error: &CollectError, wait: Duration) -> bool {
    let CollectError::Refused { until: Some(until), .. } = error else { return false };
    (wait / 2..=wait).contains(&until.since(Timestamp::now()))
}

/// JSON padded with blanks to this many bytes.
pub(crate) fn padded(json: &str, bytes: usize) -> String {
    json.to_owned() + &" ".repeat(bytes - json.len())
}

/// A received request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) target: String,
    headers: HeaderMap,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// An API that returns its scripted responses in order, one per request, and keeps the requests.
pub(crate) struct ScriptedApi {
    pub(crate) url: String,
    script: Arc<Script>,
}

#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
}

impl Script {
    fn next(&self, request: &Request) -> impl IntoResponse + use<> {
        let (target, headers) = (request.uri().to_string(), request.headers().clone());
        self.asked.lock().unwrap().push(Asked { target, headers });
        self.answers.lock().unwrap().pop_front().unwrap_or_else(|| answer(500, &[], "the script has ended"))
    }
}

impl ScriptedApi {
    pub(crate) async fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect());
        let script = Arc::new(Script { answers, ..Script::default() });
        let answering = Arc::clone(&script);
        let routes = Router::new().fallback(move |request: Request| async move { answering.next(&request) });
        Self { url: serve(routes).await, script }
    }

    pub(crate) fn base_url(&self) -> BaseUrl {
        self.url.parse().unwrap()
    }

    /// Appends a response.
    pub(crate) fn then(&self, answer: Answer) {
        self.script.answers.lock().unwrap().push_back(answer);
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().unwrap().clone()
    }
}
