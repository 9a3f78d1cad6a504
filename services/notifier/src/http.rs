//! Posting JSON over HTTP, on threads that may block.

use jiff::fmt::rfc2822;
use std::fmt;
use std::io::Read;
use std::time::Duration;
use tokio::task::spawn_blocking;
use ureq::http::HeaderMap;
use ureq::http::header::{CONTENT_TYPE, RETRY_AFTER};
use ureq::{Agent, Error};
use watchkeeper_config::HttpUrl;
use watchkeeper_domain::{Timestamp, text};

/// How long one request may take, from the look-up of the name to the last byte of the answer that is read: one
/// that is given up is made again, though it may have been taken.
pub(crate) const POST_WITHIN: Duration = Duration::from_secs(2 * 60);
/// Bytes of an answer that are read: enough to show why it is a refusal.
pub(crate) const MAX_ANSWER_BYTES: usize = 512;
/// Idle connections that are kept for the next requests.
const MAX_IDLE: usize = 8;

const USER_AGENT: &str = concat!("watchkeeper/", env!("CARGO_PKG_VERSION"));

/// Posts JSON. Follows no redirect: what is meant for one host is not sent to another. Its clones share
/// connections.
#[derive(Clone, Debug)]
pub(crate) struct HttpPoster(Agent);

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
    /// Whether it was taken.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What is posted.
pub(crate) struct Post {
    pub(crate) url: HttpUrl,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// JSON.
    pub(crate) body: String,
}

impl HttpPoster {
    /// A client whose requests may take [`POST_WITHIN`] each.
    pub(crate) fn new() -> Self {
        Self::with_timeout(POST_WITHIN)
    }

    fn with_timeout(timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(MAX_IDLE)
            .timeout_global(Some(timeout))
            .user_agent(USER_AGENT);
        Self(config.build().into())
    }

    /// The answer, whatever its status.
    ///
    /// # Errors
    /// Why there was none, without anything of the request but the host.
    pub(crate) async fn post(&self, post: Post) -> Result<Answer, String> {
        let agent = self.0.clone();
        let host = post.url.host().to_owned();
        let answer = spawn_blocking(move || exchange(&agent, &post)).await;
        let answer = answer.map_err(|_| format!("{host}: the request was not finished"))?;
        answer.map_err(|error| format!("{host}: {}", describe(&error)))
    }
}

fn exchange(agent: &Agent, post: &Post) -> Result<Answer, Error> {
    let mut request = agent.post(post.url.expose()).header(CONTENT_TYPE, "application/json");
    for (name, value) in &post.headers {
        request = request.header(*name, value);
    }
    let (head, mut body) = request.send(&post.body)?.into_parts();
    Ok(Answer {
        status: head.status.as_u16(),
        retry_after: retry_after(&head.headers, Timestamp::now()),
        excerpt: excerpt(body.as_reader()),
    })
}

/// RFC 9110, 10.2.3: a number of seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(text).ok()?.timestamp();
    Some(Timestamp::from_micros(date.as_microsecond())?.since(now))
}

/// How a body begins, in one line. What cannot be read is left out: the
/// status has said already what became of the request.
fn excerpt(body: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = body.take(MAX_ANSWER_BYTES as u64).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    text::line(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why there was no answer, without anything of the request.
fn describe(error: &Error) -> String {
    match error {
        Error::BadUri(_) => "the URL is not valid".to_owned(),
        Error::Http(_) => "a header or the URL holds characters that HTTP does not allow".to_owned(),
        Error::Io(error) => error.to_string(),
        Error::HostNotFound => "the name has no address".to_owned(),
        Error::Timeout(_) => format!("no answer within {} s", POST_WITHIN.as_secs()),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::served::{Served, nowhere};
    use axum::http::StatusCode;

    fn post(url: &str) -> Post {
        Post { url: url.parse().unwrap(), headers: vec![("x-a", "1".into())], body: "{}".into() }
    }

    #[tokio::test]
    async fn what_is_posted_arrives_and_the_answer_comes_back() {
        let served = Served::answering([(StatusCode::ACCEPTED, "taken\r\n  with\u{7} thanks")]).await;
        let answer = HttpPoster::new().post(post(&served.url)).await.unwrap();
        assert_eq!(
            (answer.to_string(), answer.is_success()),
            ("202: taken with\\u{7} thanks".to_owned(), true)
        );
        let request = served.requests().remove(0);
        assert_eq!((request.header("x-a"), request.body.as_str()), ("1", "{}"));
        assert_eq!(request.header("content-type"), "application/json");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let asked = |text: &str| {
            let headers = [(RETRY_AFTER, text.parse().unwrap())];
            retry_after(&headers.into_iter().collect(), now).map(|wait| wait.as_secs())
        };
        assert_eq!(asked("120"), Some(120));
        assert_eq!(asked("Fri, 20 Nov 2026 11:00:00 GMT"), Some(3600));
        assert_eq!(asked("Fri, 20 Nov 2026 09:00:00 GMT"), Some(0));
        assert_eq!((asked("soon"), asked("-1")), (None, None));
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
        let split = Post { headers: vec![("x-a", "s3cret\r\nhost: x".into())], ..post(&url) };
        let error = HttpPoster::new().post(split).await.unwrap_err();
        assert_eq!(error, "127.0.0.1: a header or the URL holds characters that HTTP does not allow");
    }

    #[tokio::test]
    async fn an_answer_that_never_comes_is_given_up() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let hasty = HttpPoster::with_timeout(Duration::from_millis(50));
        let error = hasty.post(post(&url)).await.unwrap_err();
        assert!(error.starts_with("127.0.0.1: no answer within"), "{error}");
    }
}
