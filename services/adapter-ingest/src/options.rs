//! How to reach the other Watchkeeper.

use std::time::Duration;
use watchkeeper_config::{HttpUrl, Secret, Section};
use watchkeeper_http_client::Trust;

/// Time limit for one request, from the name lookup to the last byte of the answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// How to reach the other Watchkeeper. The URL comes from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IngestOptions {
    /// A token with the scope `ingest`; none if it accepts samples from everybody.
    pub token: Option<Secret>,
    /// Whose certificates are accepted.
    pub trust: Trust,
}

impl IngestOptions {
    /// Reads the keys `token_file` and `ca_file`.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self { token: section.secret_file("token_file"), trust: Trust::from(section.path("ca_file")) }
    }

    /// Parses the URL of the other Watchkeeper.
    pub fn url(text: &str) -> Option<HttpUrl> {
        text.parse().ok()
    }
}
