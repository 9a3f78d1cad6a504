//! Repositories on GitHub: `source="github"`, label `repository` is `owner/name`.
//!
//! | series              | unit       | is                                      |
//! |---------------------|------------|-----------------------------------------|
//! | `stargazers_count`  | `stars`    | who has starred it                      |
//! | `forks_count`       | `forks`    | copies of it                            |
//! | `open_issues_count` | `issues`   | open issues and pull requests           |
//! | `subscribers_count` | `watchers` | who watches it, as GitHub's pages count |
//!
//! GitHub's `watchers_count` is omitted: it repeats the stars, from when starring was called watching.
//!
//! A response without changes (304, free with a token) gives the same values as of now: they were confirmed.

mod answer;
mod config;
mod quota;
mod repository;
mod target;
#[cfg(test)]
mod tests;

pub use config::{GithubConfig, MAX_REPOSITORIES};
pub use repository::{MAX_OWNER_BYTES, MAX_REPOSITORY_NAME_BYTES, Repository, RepositoryError};

use super::shared::Shared;
use prometheus::{IntGaugeVec, Registry};
use quota::Quota;
use std::sync::Arc;
use target::{Account, RepositoryTarget};

const SOURCE: &str = "github";

/// The name of the target of a repository.
pub(crate) fn target_name(repository: &Repository) -> String {
    format!("{SOURCE}/{repository}")
}

/// What the repositories share.
pub(crate) struct Github {
    remaining: IntGaugeVec,
    account: Shared<GithubConfig, Account>,
}

impl Github {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self { remaining: Quota::register(registry)?, account: Shared::default() })
    }

    /// The target of a repository. Those of equal configurations share the quota.
    pub(crate) fn target(
        &mut self,
        config: &Arc<GithubConfig>,
        repository: &Repository,
        old_names: bool,
    ) -> RepositoryTarget {
        let account = self.account.of(config, || Account::new(config, Quota::new(self.remaining.clone())));
        RepositoryTarget::new(repository, config.timing, account, old_names)
    }
}

impl GithubConfig {
    /// Each repository, with the configuration that all of them share.
    pub(crate) fn of_each(&self) -> impl Iterator<Item = (Arc<Self>, Repository)> {
        let shared = Arc::new(Self { repositories: Vec::new(), ..self.clone() });
        self.repositories.iter().map(move |repository| (Arc::clone(&shared), repository.clone()))
    }
}
