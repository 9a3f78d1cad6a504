//! Sends requests on blocking threads.

use crate::answer::HttpAnswer;
use crate::error::{HttpError, describe};
use crate::request::{HttpRequest, Sends};
use crate::threads::Threads;
use crate::transport::{RacingConnector, TlsConnector};
use crate::trust::{Judge, Trust};
use std::io::{self, ErrorKind, Read};
use std::time::Duration;
use ureq::config::{Config, ConfigBuilder};
use ureq::http::Uri;
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector as _};
use ureq::{Agent, Body, Error, RequestBuilder};
use watchkeeper_domain::Timestamp;

/// Default limit on concurrent requests of one client; more wait for their turn.
const MAX_AT_ONCE: usize = 32;

/// Most idle connections that one client keeps.
const MAX_IDLE: usize = 8;

/// The `User-Agent` of requests.
const USER_AGENT: &str = concat!("watchkeeper/", env!("CARGO_PKG_VERSION"));

/// The configuration of every agent: any status is a response, not an error; redirects are not followed, because what was
/// meant for one host must not be sent to another; and so is no proxy that the environment names.
pub fn agent_config() -> ConfigBuilder<AgentScope> {
    Agent::config_builder().http_status_as_error(false).max_redirects(0).user_agent(USER_AGENT).proxy(None)
}

/// An agent whose servers `judge` judges, and which connects to the first address that answers.
///
/// # Errors
/// As of [`Judge::client`].
pub fn agent(config: Config, judge: &Judge, resolver: impl Resolver) -> Result<Agent, Error> {
    let connector =
        ().chain(ConnectProxyConnector::default())
            .chain(RacingConnector::default())
            .chain(TlsConnector::new(judge.client()?));
    Ok(Agent::with_parts(config, connector, resolver))
}

/// A client. Clones share connections and the limit on concurrent requests.
#[derive(Clone, Debug)]
pub struct HttpClient {
    /// Trusts the web's authorities.
    agent: Agent,
    trust: Trust,
    timeout: Duration,
    threads: Threads,
}

impl HttpClient {
    /// A client whose requests may take `timeout` each, from the name lookup to the last byte.
    pub fn new(timeout: Duration) -> Self {
        Self { agent: trusting_web(), trust: Trust::Web, timeout, threads: Threads::new(MAX_AT_ONCE) }
    }

    /// The same for servers with certificates of these authorities. A file is read with each request: changes take effect
    /// at once, and no connection is kept.
    #[must_use]
    pub fn trusting(&self, trust: Trust) -> Self {
        Self { trust, ..self.clone() }
    }

    /// The same with a limit on concurrent requests.
    #[must_use]
    pub fn at_once(self, requests: usize) -> Self {
        Self { threads: Threads::new(requests), ..self }
    }

    /// The same with another timeout.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }

    /// The response, whatever its status; [`HttpAnswer::success`] checks it.
    ///
    /// # Errors
    /// No response, none in time, or not HTTP of a bounded size. The timeout starts when a waiting request gets its
    /// turn.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpError> {
        self.reading(request, |request, mut answer, body| {
            answer.body = request.read(body)?;
            Ok(answer)
        })
        .await
    }

    /// The result of `read` on a response with status 2xx, whose body it reads itself: it may be larger than memory. Runs
    /// on a blocking thread.
    ///
    /// # Errors
    /// The same, those of [`HttpAnswer::success`], and [`HttpError::Malformed`] where `read` returns
    /// [`ErrorKind::InvalidData`].
    pub async fn stream<T: Send + 'static>(
        &self,
        request: HttpRequest,
        read: impl FnOnce(&HttpAnswer, &mut dyn Read) -> io::Result<T> + Send + 'static,
    ) -> Result<T, HttpError> {
        self.reading(request, |request, answer, body| match answer.success() {
            Err(refused) => Ok(Err(refused)),
            Ok(answer) => {
                // ureq refuses a body that reaches its limit.
                let mut body = body.with_config().limit(request.max_bytes() as u64 + 1).reader();
                match read(&answer, &mut body) {
                    Ok(read) => Ok(Ok(read)),
                    Err(error) if error.kind() == ErrorKind::InvalidData => {
                        Ok(Err(HttpError::Malformed(error.to_string())))
                    }
                    Err(error) => Err(Error::from(error)),
                }
            }
        })
        .await?
    }

    async fn reading<T: Send + 'static>(
        &self,
        request: HttpRequest,
        read: impl FnOnce(&HttpRequest, HttpAnswer, &mut Body) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, HttpError> {
        let turn = self.threads.turn().await;
        let client = self.clone();
        turn.run(move || client.read_blocking(&request, read)).await?
    }

    fn read_blocking<T>(
        &self,
        request: &HttpRequest,
        read: impl FnOnce(&HttpRequest, HttpAnswer, &mut Body) -> Result<T, Error>,
    ) -> Result<T, HttpError> {
        let host = host_of(&request.url);
        let own;
        let agent = match &self.trust {
            Trust::Web => &self.agent,
            trust @ Trust::File(_) => {
                own = trusting(trust, 0).map_err(HttpError::Unreachable)?;
                &own
            }
        };
        let result = self
            .exchange(agent, request, &host)
            .and_then(|(answer, mut body)| read(request, answer, &mut body));
        result.map_err(|error| match error {
            Error::Timeout(_) => HttpError::TimedOut { host, after: self.timeout },
            Error::BodyExceedsLimit(_) => {
                HttpError::Malformed(format!("{host} answered with more than {} bytes", request.max_bytes()))
            }
            Error::Protocol(_) | Error::LargeResponseHeader(..) => {
                HttpError::Malformed(format!("{host} does not speak HTTP/1.1: {error}"))
            }
            error => HttpError::Unreachable(format!("{host}: {}", describe(&error))),
        })
    }

    /// The response, and its body, which is not read yet.
    fn exchange(
        &self,
        agent: &Agent,
        request: &HttpRequest,
        host: &str,
    ) -> Result<(HttpAnswer, Body), Error> {
        let answer = match &request.sends {
            Sends::Nothing => self.prepare(agent.get(&request.url), request).call(),
            Sends::Post(text) => self.prepare(agent.post(&request.url), request).send(text),
            Sends::Put(text) => self.prepare(agent.put(&request.url), request).send(text),
        };
        let (head, body) = answer?.into_parts();
        let answer = HttpAnswer {
            host: host.to_owned(),
            status: head.status,
            headers: head.headers,
            body: Vec::new(),
            received_at: Timestamp::now(),
        };
        Ok((answer, body))
    }

    fn prepare<B>(&self, mut asked: RequestBuilder<B>, request: &HttpRequest) -> RequestBuilder<B> {
        for (name, value) in &request.headers {
            asked = asked.header(name.as_ref(), value);
        }
        for (name, value) in &request.query {
            asked = asked.query(name, value);
        }
        asked.config().timeout_global(Some(self.timeout)).build()
    }
}

fn trusting_web() -> Agent {
    trusting(&Trust::Web, MAX_IDLE).expect("the web's authorities are built in")
}

fn trusting(trust: &Trust, max_idle: usize) -> Result<Agent, String> {
    let config = agent_config().max_idle_connections(max_idle).build();
    let agent = agent(config, &trust.judge()?, DefaultResolver::default());
    agent.map_err(|error| describe(&error))
}

/// The host of a URL, which errors may show; the rest may contain a secret.
fn host_of(url: &str) -> String {
    let host = url.parse::<Uri>().ok().and_then(|url| url.host().map(str::to_owned));
    host.unwrap_or_else(|| "the server".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::MAX_BODY_BYTES;
    use axum::Router;
    use axum::http::{HeaderMap, Method, StatusCode, Uri};
    use axum::response::Redirect;
    use axum::routing::{get, post};
    use watchkeeper_test_kit::{nowhere, serve, serve_slowly};

    const SOON: Duration = Duration::from_millis(200);

    fn client() -> HttpClient {
        HttpClient::new(Duration::from_secs(10))
    }

    async fn failure(client: &HttpClient, request: HttpRequest) -> String {
        client.send(request).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn query_and_headers_reach_the_server_and_the_answer_comes_back() {
        let echo = |uri: Uri, headers: HeaderMap| async move {
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            ([("etag", "v1")], format!("{uri} {} {}", header("authorization"), header("user-agent")))
        };
        let url = serve(Router::new().route("/v1/x", get(echo))).await;
        let request = HttpRequest::get(format!("{url}/v1/x"))
            .query("q", "St. Pölten & more")
            .query("appid", "k")
            .header("authorization", "Bearer t");
        let answer = client().send(request).await.unwrap();
        assert_eq!((answer.status(), answer.header("etag")), (200, Some("v1")));
        assert_eq!(
            String::from_utf8_lossy(answer.body()),
            format!("/v1/x?q=St.%20P%C3%B6lten%20%26%20more&appid=k Bearer t {USER_AGENT}")
        );
    }

    #[tokio::test]
    async fn what_is_posted_arrives() {
        let echo = |headers: HeaderMap, body: String| async move {
            format!(
                "{} {} {body}",
                headers["content-type"].to_str().unwrap(),
                headers["x-a"].to_str().unwrap()
            )
        };
        let url = serve(Router::new().route("/", post(echo))).await;
        let answer = client().send(HttpRequest::post(url, "{}".to_owned()).header("x-a", "1")).await.unwrap();
        assert_eq!(answer.body(), b"application/json 1 {}");
    }

    #[tokio::test]
    async fn what_is_put_arrives_and_text_has_its_own_type() {
        let echo = |method: Method, headers: HeaderMap, body: String| async move {
            format!("{method} {} {body}", headers["content-type"].to_str().unwrap())
        };
        let url = serve(Router::new().fallback(echo)).await;
        let put = client().send(HttpRequest::put(&url, "{}".to_owned())).await.unwrap();
        assert_eq!(put.body(), b"PUT application/json {}");
        let text = client().send(HttpRequest::post_as(&url, "text/plain", "a".to_owned())).await.unwrap();
        assert_eq!(text.body(), b"POST text/plain a");
    }

    #[tokio::test]
    async fn every_status_is_an_answer_and_no_redirect_is_followed() {
        let url = serve(
            Router::new()
                .route("/gone", get(|| async { StatusCode::GONE }))
                .route("/moved", get(|| async { Redirect::permanent("/gone") })),
        );
        let url = url.await;
        for (path, status) in [("/gone", 410), ("/moved", 308), ("/nothing", 404)] {
            let answer = client().send(HttpRequest::get(format!("{url}{path}"))).await.unwrap();
            assert_eq!(answer.status(), status);
        }
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_bound() {
        let url = serve(Router::new().route("/", get(|| async { "x".repeat(1001) }))).await;
        let asked = |bytes| HttpRequest::get(&url).max_body(bytes);
        assert_eq!(client().send(asked(1001)).await.unwrap().body().len(), 1001);
        let error = failure(&client(), asked(1000)).await;
        assert_eq!(error, "127.0.0.1 answered with more than 1000 bytes");
        assert_eq!(HttpRequest::get(&url).max_bytes(), MAX_BODY_BYTES);
        let beginning = HttpRequest::get(url).only_beginning(1000);
        assert_eq!(client().send(beginning).await.unwrap().body().len(), 1000);
    }

    #[tokio::test]
    async fn an_answer_that_begins_and_does_not_end_is_given_up() {
        let url = serve_slowly("{\"stars\":").await;
        let client = client().with_timeout(SOON);
        let expected = HttpError::TimedOut { host: "127.0.0.1".to_owned(), after: SOON };
        assert_eq!(client.send(HttpRequest::get(url)).await.unwrap_err(), expected);
    }

    #[tokio::test]
    async fn errors_show_the_host_and_nothing_secret() {
        let secret =
            |request: HttpRequest| request.query("appid", "s3cret").header("authorization", "s3cret");
        let refused = failure(&client(), secret(HttpRequest::get(nowhere().await))).await;
        assert!(refused.starts_with("127.0.0.1: ") && !refused.contains("s3cret"), "{refused}");
        for url in ["http://127.0.0.1:99999/?key=s3cret", "not a url s3cret", "127.0.0.1?s3cret"] {
            let error = failure(&client(), secret(HttpRequest::get(url))).await;
            assert!(!error.contains("s3cret"), "{error}");
        }
        let split = HttpRequest::get(nowhere().await).header("authorization", "s3cret\r\nhost: x");
        let error = failure(&client(), split).await;
        assert!(error.ends_with("characters that HTTP does not allow"), "{error}");
    }

    #[tokio::test]
    async fn no_more_requests_are_under_way_than_the_bound() {
        for (client, bound) in [(client(), MAX_AT_ONCE), (client().at_once(2), 2)] {
            keeps_to(&client, bound).await;
        }
    }

    async fn keeps_to(client: &HttpClient, bound: usize) {
        let mut turns = Vec::new();
        for _ in 0..bound {
            turns.push(client.threads.turn().await);
        }
        let url = serve(Router::new().route("/", get(|| async { "done" }))).await;
        let mut asked = Box::pin(client.send(HttpRequest::get(&url)));
        // Enough requests of another client that this one would be answered meanwhile.
        for _ in 0..10 {
            let other = self::client();
            tokio::select! {
                biased;
                _ = &mut asked => unreachable!("all turns are taken"),
                answer = other.send(HttpRequest::get(&url)) => assert_eq!(answer.unwrap().body(), b"done"),
            }
        }
        turns.pop();
        assert_eq!(asked.await.unwrap().body(), b"done");
    }
}
