//! Posting JSON over HTTP.

use std::fmt;
use std::time::Duration;
use watchkeeper_domain::text;
use watchkeeper_http_client::{Access, HttpAnswer, HttpClient, HttpRequest};

/// Request timeout, from the name lookup to the last byte of the response that is read: a request that times out is
/// retried, though it may have been accepted.
pub(crate) const POST_WITHIN: Duration = Duration::from_secs(2 * 60);
/// How many bytes of a response are read: enough to show why it is a refusal.
pub(crate) const MAX_ANSWER_BYTES: usize = 512;

/// Posts JSON, and summarizes responses in one line. Clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct HttpPoster {
    client: HttpClient,
    access: Access,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Its status: `204`.
    pub(crate) status: u16,
    /// When to retry, if it says so.
    pub(crate) retry_after: Option<Duration>,
    /// The beginning of its body, as text in one line.
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

    /// Whether the request was accepted.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl HttpPoster {
    /// A client with a timeout of [`POST_WITHIN`] per request.
    pub(crate) fn new() -> Self {
        Self { client: HttpClient::new(POST_WITHIN), access: Access::default() }
    }

    /// The same for servers that need this.
    #[must_use]
    pub(crate) fn with(&self, access: &Access) -> Self {
        Self { client: self.client.trusting(access.trust.clone()), access: access.clone() }
    }

    /// The response, whatever its status.
    ///
    /// # Errors
    /// Why there was none, without anything of the request but the host.
    pub(crate) async fn post(&self, request: HttpRequest) -> Result<Answer, String> {
        let request = self.access.apply(request.only_beginning(MAX_ANSWER_BYTES));
        let answer = self.client.send(request).await;
        answer.map(|answer| Answer::of(&answer)).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use watchkeeper_test_kit::{Server, nowhere};

    fn post(url: &str) -> HttpRequest {
        HttpRequest::post(url, "{}".to_owned())
    }

    #[tokio::test]
    async fn an_answer_is_shown_in_one_line() {
        let server = Server::always((StatusCode::ACCEPTED, "taken\r\n  with\u{7} thanks")).await;
        let answer = HttpPoster::new().post(post(&server.url)).await.unwrap();
        assert_eq!(
            (answer.to_string(), answer.is_success()),
            ("202: taken with\\u{7} thanks".to_owned(), true)
        );
    }

    #[tokio::test]
    async fn no_redirect_is_followed() {
        let server = Server::always((StatusCode::TEMPORARY_REDIRECT, "")).await;
        let answer = HttpPoster::new().post(post(&server.url)).await.unwrap();
        assert_eq!((answer.status, server.requests().len()), (307, 1));
    }

    #[tokio::test]
    async fn of_a_long_answer_only_the_beginning_is_read() {
        let long: &'static str = "x".repeat(10 * MAX_ANSWER_BYTES).leak();
        let server = Server::always((StatusCode::BAD_REQUEST, long)).await;
        let answer = HttpPoster::new().post(post(&server.url)).await.unwrap();
        assert_eq!((answer.status, answer.excerpt.len()), (400, MAX_ANSWER_BYTES));
    }

    #[tokio::test]
    async fn why_there_is_no_answer_shows_nothing_but_the_host() {
        let url = format!("{}/s3cret", nowhere().await);
        let error = HttpPoster::new().post(post(&url)).await.unwrap_err();
        assert!(error.starts_with("127.0.0.1: ") && !error.contains("s3cret"), "{error}");
    }
}
