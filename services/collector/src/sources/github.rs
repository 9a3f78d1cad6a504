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

use crate::target::Target;
use prometheus::Registry;
use quota::Quota;
use std::sync::Arc;
use target::{Access, RepositoryTarget};
use watchkeeper_http_client::HttpClient;

const SOURCE: &str = "github";

impl GithubConfig {
    /// One target per repository; they share the quota.
    pub(crate) fn targets(
        self,
        registry: &Registry,
        old_names: bool,
    ) -> Result<Vec<Box<dyn Target>>, prometheus::Error> {
        let Self { timing, repositories, token, base_url } = self;
        let access = Arc::new(Access {
            client: HttpClient::new(timing.timeout()),
            quota: Quota::register(registry)?,
            token,
            base_url,
        });
        let target = |repository| RepositoryTarget::new(&repository, timing, Arc::clone(&access), old_names);
        Ok(repositories
            .into_iter()
            .map(|repository| Box::new(target(repository)) as Box<dyn Target>)
            .collect())
    }
}
