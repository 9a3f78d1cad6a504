//! The section `[collector.github]`.

use super::quota::{per_hour, shortest_interval};
use super::repository::Repository;
use crate::sources::base_url::BaseUrl;
use crate::target::Timing;
use std::time::Duration;
use watchkeeper_config::{Secret, Section};
use watchkeeper_http_client::Access;

/// Most repositories. GitHub allows at most this many concurrent requests per account.
pub const MAX_REPOSITORIES: usize = 100;

/// The URL of GitHub's API; GitHub Enterprise Server has it at `https://HOST/api/v3`.
const PUBLIC_API: &str = "https://api.github.com";

/// The repositories and how to query them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubConfig {
    /// Interval and timeout.
    pub timing: Timing,
    /// The repositories, without duplicates.
    pub repositories: Vec<Repository>,
    /// The token for requests. Without it GitHub shows only public repositories, with a lower rate limit.
    pub token: Option<Secret>,
    /// The base URL of the API.
    pub base_url: BaseUrl,
    /// Whose certificates are accepted, and more headers.
    pub access: Access,
}

impl GithubConfig {
    /// Reads the section; missing keys get their defaults. `None` if it lists no repository.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let minute = Duration::from_secs(60);
        let config = Self {
            timing: Timing::read(section, Timing::new(5 * minute, minute, Duration::from_secs(10))),
            repositories: section.parsed_set("repositories", MAX_REPOSITORIES),
            token: section.secret_file("token_file"),
            base_url: BaseUrl::read(section, PUBLIC_API),
            access: Access::read_open(section),
        };
        config.check_token(section);
        config.check_quota(section);
        (!config.repositories.is_empty()).then_some(config)
    }

    /// The token must be valid in a header.
    fn check_token(&self, section: &mut Section<'_>) {
        let carries = |token: &Secret| token.expose().bytes().all(|byte| byte.is_ascii_graphic());
        if !self.token.as_ref().is_none_or(carries) {
            section.refuse("token_file", "must hold one token of ASCII letters, digits and punctuation");
        }
    }

    /// Checks the rate limit of the public API. Other servers have other limits, or none.
    fn check_quota(&self, section: &mut Section<'_>) {
        let (count, has_token) = (self.repositories.len(), self.token.is_some());
        let shortest = shortest_interval(count, has_token);
        if self.base_url == BaseUrl::public(PUBLIC_API) && self.timing.interval() < shortest {
            let (seconds, allowed) = (shortest.as_secs(), per_hour(has_token));
            let remedy = if has_token { "" } else { "; set token_file for a higher limit" };
            section.refuse(
                "interval",
                format!(
                    "must be at least {seconds}s for {count} repositories: GitHub allows {allowed} requests \
                     an hour{remedy}"
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use watchkeeper_config::{ConfigErrors, Document};
    use watchkeeper_http_client::Trust;

    fn read(text: &str) -> Result<Option<GithubConfig>, ConfigErrors> {
        let text = format!("[github]\n{text}");
        Document::parse("watchkeeper.toml", &text)?.read(|root| root.section("github", GithubConfig::read))
    }

    fn refused(text: &str) -> String {
        let errors = read(text).unwrap_err();
        assert_eq!(errors.count(), 1, "{errors}");
        errors.first()[0].to_string()
    }

    /// A list of so many repositories.
    fn named(count: usize) -> String {
        let names: Vec<String> = (0..count).map(|n| format!("owner/name-{n}")).collect();
        format!("repositories = {names:?}\n")
    }

    /// The key with a file that holds `token`.
    fn token_file(token: &str) -> (tempfile::TempDir, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        fs::write(&path, token).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        (directory, format!("token_file = {path:?}\n"))
    }

    #[test]
    fn nothing_is_collected_unless_a_repository_is_named() {
        assert_eq!(read("").unwrap(), None);
        assert_eq!(read("repositories = []\ninterval = \"1s\"").unwrap(), None);
    }

    #[test]
    fn every_key_is_read() {
        let (_directory, token) = token_file("hunter2\n");
        let keys = r#"
            repositories = ["golang/go"]
            base_url = "https://github.example/api/v3"
            ca_file = "/etc/ssl/own.pem"
            headers = { X-Team = "ops" }
            interval = "1m"
            jitter = "2s"
            timeout = "3s"
        "#;
        let config = read(&format!("{keys}{token}")).unwrap().unwrap();
        let [interval, jitter, timeout] = [60, 2, 3].map(Duration::from_secs);
        assert_eq!(config.timing, Timing::new(interval, jitter, timeout));
        assert_eq!(config.repositories, ["golang/go".parse().unwrap()]);
        assert_eq!(config.token.unwrap().expose(), "hunter2");
        assert_eq!(config.base_url.with_path("/x"), "https://github.example/api/v3/x");
        assert_eq!(config.access.trust, Trust::File("/etc/ssl/own.pem".into()));
        assert_eq!(config.access.headers["X-Team"], "ops");
    }

    #[test]
    fn without_a_token_what_exceeds_the_quota_is_refused_with_the_remedy() {
        assert!(read(&named(5)).unwrap().is_some(), "60 requests an hour");
        assert_eq!(
            refused(&named(6)),
            "github.interval: must be at least 360s for 6 repositories: GitHub allows 60 requests an hour; \
             set token_file for a higher limit"
        );
        assert!(read(&format!("{}interval = \"6m\"", named(6))).unwrap().is_some());
    }

    #[test]
    fn with_a_token_there_is_a_larger_quota() {
        let (_directory, token) = token_file("hunter2");
        let many = named(MAX_REPOSITORIES) + &token;
        assert!(read(&format!("{many}interval = \"72s\"")).unwrap().is_some());
        assert_eq!(
            refused(&format!("{many}interval = \"71s\"")),
            "github.interval: must be at least 72s for 100 repositories: GitHub allows 5000 requests an hour"
        );
    }

    #[test]
    fn another_server_has_a_quota_of_its_own() {
        let elsewhere = "base_url = \"http://127.0.0.1:8080\"\ninterval = \"1s\"\n";
        assert!(read(&(named(MAX_REPOSITORIES) + elsewhere)).unwrap().is_some());
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        assert_eq!(
            refused(&(named(MAX_REPOSITORIES + 1) + "base_url = \"http://h\"")),
            "github.repositories: has 101 items, the limit is 100"
        );
        assert!(
            refused(r#"repositories = ["go"]"#).starts_with("github.repositories[0]: must be OWNER/NAME")
        );
        assert_eq!(
            refused(r#"repositories = ["a/b", "a/b"]"#),
            "github.repositories[1]: is the same as repositories[0]"
        );
        assert!(refused(r#"base_url = "github.com""#).starts_with("github.base_url: must be an http:// or"));
        let (_directory, token) = token_file("two\nlines");
        let error = refused(&token);
        assert!(
            error.starts_with("github.token_file: must hold one token") && !error.contains("two"),
            "{error}"
        );
    }
}
