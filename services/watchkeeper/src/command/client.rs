//! A client of the HTTP API.

use super::server_events::{ServerEvent, server_events};
use crate::cli::{Selection, Server};
use anyhow::{Context as _, anyhow, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::{BufRead, BufReader};
use std::time::Duration;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body, RequestBuilder};
use watchkeeper_http_client::{agent_config, describe};
use watchkeeper_wire::json::{DeadLetterList, Problem};

/// Timeout until the API begins to respond.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum response size.
const MAX_ANSWER_BYTES: u64 = 256 * 1024 * 1024;

/// The server has just started and is still reading the dead-letter topics.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct BeingRead(pub(super) String);

/// The server refuses the request, and would refuse it again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refusal(pub(super) String);

/// A client of one Watchkeeper.
pub(super) struct Client {
    agent: Agent,
    url: String,
    authorization: Option<String>,
}

impl Client {
    pub(super) fn new(server: &Server) -> anyhow::Result<Self> {
        let token = match &server.token_file {
            Some(file) => {
                let token =
                    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
                Some(format!("Bearer {}", token.trim()))
            }
            None => None,
        };
        let config = agent_config().timeout_connect(Some(TIMEOUT)).timeout_recv_response(Some(TIMEOUT));
        Ok(Self {
            agent: config.build().into(),
            url: with_scheme(server.url.trim_end_matches('/')),
            authorization: token,
        })
    }

    /// `GET path` with query parameters.
    pub(super) fn get<A: DeserializeOwned>(&self, path: &str, query: &Parameters) -> anyhow::Result<A> {
        self.decode(self.send_get(path, query)?)
    }

    /// `GET path`, all pages, with `limit` items per page; `open` splits a page into its items and the token of the
    /// next page.
    pub(super) fn all_pages<P: DeserializeOwned, T>(
        &self,
        path: &str,
        mut query: Parameters,
        limit: u32,
        open: impl Fn(P) -> (Vec<T>, Option<String>),
    ) -> anyhow::Result<Vec<T>> {
        query.set("limit", limit.to_string());
        let mut all = Vec::new();
        loop {
            let (items, next_page) = open(self.get(path, &query)?);
            all.extend(items);
            match next_page {
                Some(page) => query.set("page", page),
                None => return Ok(all),
            }
        }
    }

    /// `GET path`, a stream of server-sent events, without a timeout.
    pub(super) fn server_events(
        &self,
        path: &str,
        query: &Parameters,
    ) -> anyhow::Result<impl Iterator<Item = std::io::Result<ServerEvent>> + use<>> {
        let answer = self.expect_success(self.send_get(path, query)?)?;
        Ok(server_events(BufReader::new(answer.into_body().into_reader()).lines()))
    }

    /// `POST path` with a JSON body.
    pub(super) fn post<A: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<A> {
        let request = self.authorized(self.agent.post(format!("{}{path}", self.url)));
        let answer = request.send_json(body).map_err(|error| self.no_answer(&error))?;
        self.decode(answer)
    }

    /// `DELETE path` with query parameters.
    pub(super) fn delete_with<A: DeserializeOwned>(
        &self,
        path: &str,
        query: &Parameters,
    ) -> anyhow::Result<A> {
        let request = self.authorized(self.agent.delete(format!("{}{path}", self.url)));
        let request = request.query_pairs(query.0.iter().map(|(name, value)| (name, value)));
        self.decode(request.call().map_err(|error| self.no_answer(&error))?)
    }

    /// `DELETE path`.
    pub(super) fn delete<A: DeserializeOwned>(&self, path: &str) -> anyhow::Result<A> {
        let request = self.authorized(self.agent.delete(format!("{}{path}", self.url)));
        self.decode(request.call().map_err(|error| self.no_answer(&error))?)
    }

    fn send_get(&self, path: &str, query: &Parameters) -> anyhow::Result<Response<Body>> {
        let request = self.authorized(self.agent.get(format!("{}{path}", self.url)));
        let request = request.query_pairs(query.0.iter().map(|(name, value)| (name, value)));
        request.call().map_err(|error| self.no_answer(&error))
    }

    fn authorized<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    fn no_answer(&self, error: &ureq::Error) -> anyhow::Error {
        let reason = describe(error);
        anyhow!(
            "no response from {}: {reason}. Is `watchkeeper up` running? Use --url for another server",
            self.url
        )
    }

    fn decode<A: DeserializeOwned>(&self, answer: Response<Body>) -> anyhow::Result<A> {
        let mut answer = self.expect_success(answer)?;
        let reader = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES);
        reader.read_json().with_context(|| format!("unexpected response from {}", self.url))
    }

    fn expect_success(&self, mut answer: Response<Body>) -> anyhow::Result<Response<Body>> {
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        if let Some(there) = answer.headers().get("location").filter(|_| status.is_redirection()) {
            let there = String::from_utf8_lossy(there.as_bytes());
            bail!("{} returned {status} and redirects to {there}: use --url with that address", self.url)
        }
        match answer.body_mut().read_json::<Problem>() {
            Ok(_) if status == StatusCode::UNAUTHORIZED => {
                Err(Refusal(format!("{} requires a valid token: use --token-file FILE", self.url)).into())
            }
            Ok(problem) if problem.kind.ends_with(DeadLetterList::BEING_READ) => {
                Err(BeingRead(problem.detail).into())
            }
            Ok(problem) if status.is_client_error() => {
                Err(Refusal(format!("{} ({status})", problem.detail)).into())
            }
            Ok(problem) => bail!("{} ({status})", problem.detail),
            Err(_) => bail!("{} returned {status}, but not from Watchkeeper's API", self.url),
        }
    }
}

/// A URL; HTTP if it names no scheme, as for curl.
fn with_scheme(url: &str) -> String {
    if url.contains("://") { url.to_owned() } else { format!("http://{url}") }
}

/// Percent-encodes a text as one path segment.
pub(super) fn segment(text: &str) -> String {
    // Form encoding writes a space as `+`, which is a literal plus in a path.
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Query parameters.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// The parameters that select series.
    pub(super) fn selecting(selection: &Selection) -> Self {
        let mut parameters = Self::default();
        parameters.set_some("source", selection.source.as_ref());
        parameters.set_some("name", selection.name.as_ref());
        for (name, value) in &selection.labels {
            parameters.set(&format!("label.{name}"), value);
        }
        parameters
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.into()));
    }

    pub(super) fn set_some(&mut self, name: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }
}
