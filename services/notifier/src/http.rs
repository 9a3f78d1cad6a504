//! Posting JSON over HTTP.

use std::fmt;
use std::time::Duration;
use watchkeeper_domain::text;
use watchkeeper_http_client::{HttpAnswer, HttpClient, HttpRequest};

/// How long one request may take, from the look-up of the name to the last byte of the answer that is read: one
/// that is given up is made again, though it may have been taken.
pub(crate) const POST_WITHIN: Duration = Duration::from_secs(2 * 60);
/// Bytes of an answer that are read: enough to show why it is a refusal.
pub(crate) const MAX_ANSWER_BYTES: usize = 512;

/// Posts JSON, and shows what is answered in one line. Its clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct HttpPoster(HttpClient);

/// What the other side said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Its status: `204`.
    pub(crate) status: u16,
    /// How long it wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
    /// How its body begins, as text in one line.
    pub(crate) excerpt: String,
}

/// `404: no such hook`.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if self.excerpt.is_empty() { Ok(()) } else { write!(f, ": {}", self.excerpt) }
    }
}

impl Answer {
    fn of(answer: &HttpAnswer) -> Self {
        let excerpt = String::from_utf8_lossy(answer.body());
        Self {
            status: answer.status(),
            retry_after: answer.retry_after(),
            excerpt: text::line(&excerpt).split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    /// Whether it was taken.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl HttpPoster {
    /// A client whose requests may take [`POST_WITHIN`] each.
    pub(crate) fn new() -> Self {
        Self(HttpClient::new(POST_WITHIN))
    }

    /// The answer, whatever its status.
    ///
    /// # Errors
    /// Why there was none, without anything of the request but the host.
    pub(crate) async fn post(&self, request: HttpRequest) -> Result<Answer, String> {
        let answer = self.0.send(request.only_beginning(MAX_ANSWER_BYTES)).await;
        answer.map(|answer| Answer::of(&answer)).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::served::{Served, nowhere};
    use axum::http::StatusCode;

    fn post(url: &str) -> HttpRequest {
        HttpRequest::post(url, "{}".to_owned())
    }

    #[tokio::test]
    async fn an_answer_is_shown_in_one_line() {
        let served = Served::answering([(StatusCode::ACCEPTED, "taken\r\n  with\u{7} thanks")]).await;
        let answer = HttpPoster::new().post(post(&served.url)).await.unwrap();
        assert_eq!(
            (answer.to_string(), answer.is_success()),
            ("202: taken with\\u{7} thanks".to_owned(), true)
        );
    }

    #[tokio::test]
    async fn no_redirect_is_followed() {
        let served = Served::answering([(StatusCode::TEMPORARY_REDIRECT, "")]).await;
        let answer = HttpPoster::new().post(post(&served.url)).await.unwrap();
        assert_eq!((answer.status, served.requests().len()), (307, 1));
    }

    #[tokio::test]
    async fn of_a_long_answer_only_the_beginning_is_read() {
        let long: &'static str = "x".repeat(10 * MAX_ANSWER_BYTES).leak();
        let served = Served::answering([(StatusCode::BAD_REQUEST, long)]).await;
        let answer = HttpPoster::new().post(post(&served.url)).await.unwrap();
        assert_eq!((answer.status, answer.excerpt.len()), (400, MAX_ANSWER_BYTES));
    }

    #[tokio::test]
    async fn why_there_is_no_answer_shows_nothing_but_the_host() {
        let url = format!("{}/s3cret", nowhere().await);
        let error = HttpPoster::new().post(post(&url)).await.unwrap_err();
        assert!(error.starts_with("127.0.0.1: ") && !error.contains("s3cret"), "{error}");
    }
}
