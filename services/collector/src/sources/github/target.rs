//! Queries GitHub for one repository.

use super::answer::{Complaint, Counts};
use super::config::GithubConfig;
use super::quota::Quota;
use super::repository::Repository;
use super::{SOURCE, target_name};
use crate::readings::Readings;
use crate::target::{CollectError, Target, Timing};
use async_trait::async_trait;
use std::sync::Arc;
use watchkeeper_config::Secret;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_http_client::{HttpAnswer, HttpClient, HttpError, HttpRequest};

/// The API version that [`Counts`] matches.
const API_VERSION: &str = "2022-11-28";
/// Longest response, in bytes. One for a fork of an organisation's repository has some 25 KiB.
pub(super) const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// The meaning of 404; GitHub does not distinguish the two either.
const NO_SUCH_REPOSITORY: &str = "no such repository, or the token has no access to it";

const NOT_MODIFIED: u16 = 304;
const NOT_FOUND: u16 = 404;

/// What the targets of all repositories share.
pub(super) struct Account {
    client: HttpClient,
    quota: Quota,
    config: Arc<GithubConfig>,
}

/// One repository.
pub(crate) struct RepositoryTarget {
    name: String,
    timing: Timing,
    account: Arc<Account>,
    url: String,
    /// Where GitHub redirects from there.
    moved_to: Option<String>,
    /// The last counts, and the `ETag` of that response.
    known: Option<(String, Counts)>,
    readings: Readings,
}

impl RepositoryTarget {
    pub(super) fn new(
        repository: &Repository,
        timing: Timing,
        account: Arc<Account>,
        old_names: bool,
    ) -> Self {
        Self {
            name: target_name(repository),
            timing,
            url: account.config.base_url.with_path(&format!("/repos/{repository}")),
            account,
            moved_to: None,
            known: None,
            readings: Readings::new(SOURCE, vec![("repository", repository.to_string())])
                .with_old_names(old_names),
        }
    }

    /// The counts as of now.
    async fn counts(&mut self) -> Result<Counts, CollectError> {
        let mut answer = self.ask().await?;
        if let Some(url) = self.other_address(&answer) {
            tracing::info!(
                target_name = self.name,
                "GitHub redirects the repository: it may have been renamed"
            );
            self.moved_to = Some(url);
            answer = self.ask().await?;
        }
        match &self.known {
            Some((_, counts)) if answer.status() == NOT_MODIFIED => Ok(*counts),
            _ => self.changed(answer),
        }
    }

    /// The counts of a response that has some.
    fn changed(&mut self, answer: HttpAnswer) -> Result<Counts, CollectError> {
        let answer = self.account.success(answer).inspect_err(|_| self.moved_to = None)?;
        let counts = answer.json()?;
        self.known = answer.header("etag").map(|etag| (etag.to_owned(), counts));
        Ok(counts)
    }

    async fn ask(&self) -> Result<HttpAnswer, CollectError> {
        let url = self.moved_to.as_ref().unwrap_or(&self.url);
        let known_as = self.known.as_ref().map(|(etag, _)| etag.as_str());
        self.account.ask(url, known_as).await
    }

    /// Where a response says that the repository is now. Only below the configured URL: the token must not be sent to
    /// anybody else.
    fn other_address(&self, answer: &HttpAnswer) -> Option<String> {
        let is_moved = matches!(answer.status(), 301 | 302 | 307 | 308);
        let url = answer.header("location").filter(|_| is_moved)?;
        self.account.config.base_url.is_base_of(url).then(|| url.to_owned())
    }
}

#[async_trait]
impl Target for RepositoryTarget {
    fn source(&self) -> &'static str {
        SOURCE
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn timing(&self) -> Timing {
        self.timing
    }

    async fn collect(&mut self) -> Result<Vec<Sample>, CollectError> {
        let counts = self.counts().await?;
        self.readings.begin(Timestamp::now());
        counts.add_to(&mut self.readings);
        Ok(self.readings.take())
    }
}

impl Account {
    pub(super) fn new(config: &Arc<GithubConfig>, quota: Quota) -> Self {
        let client = HttpClient::new(config.timing.timeout()).trusting(config.access.trust.clone());
        Self { client, quota, config: Arc::clone(config) }
    }

    /// Sends a request, unless the quota forbids it. With `known_as`, an unchanged response is a short one.
    async fn ask(&self, url: &str, known_as: Option<&str>) -> Result<HttpAnswer, CollectError> {
        self.quota.check(Timestamp::now())?;
        let request = HttpRequest::get(url)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", API_VERSION)
            .max_body(MAX_ANSWER_BYTES);
        let mut request = self.config.access.apply(request);
        if let Some(token) = &self.config.token {
            request = request.header("authorization", format!("Bearer {}", token.expose()));
        }
        if let Some(etag) = known_as {
            request = request.header("if-none-match", etag);
        }
        let answer = self.client.send(request).await?;
        self.quota.note(&answer, Timestamp::now());
        Ok(answer)
    }

    /// The response if it is a success, else its meaning as an error.
    fn success(&self, answer: HttpAnswer) -> Result<HttpAnswer, CollectError> {
        let is_unknown = answer.status() == NOT_FOUND;
        let said = Complaint::of(&answer).without(self.config.token.as_ref().map(Secret::expose));
        answer.success().map_err(|error| match error {
            _ if is_unknown => CollectError::Malformed(NO_SUCH_REPOSITORY.to_owned()),
            HttpError::Refused { reason, until } => {
                let alone = CollectError::Refused { reason: format!("{reason}: {said}"), until };
                self.quota.check(Timestamp::now()).err().unwrap_or(alone)
            }
            other => other.into(),
        })
    }
}
