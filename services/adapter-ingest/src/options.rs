//! How to reach the other Watchkeeper.

use std::time::Duration;
use watchkeeper_config::{HttpUrl, Section};
use watchkeeper_http_client::Access;

/// Time limit for one request, from the name lookup to the last byte of the answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// How to reach the other Watchkeeper. The URL comes from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IngestOptions {
    /// A token with the scope `ingest`, unless it accepts samples from everybody; and what a proxy in front of it needs.
    pub access: Access,
}

impl IngestOptions {
    /// Reads the section.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self { access: Access::read(section) }
    }

    /// Parses the URL of the other Watchkeeper.
    pub fn url(text: &str) -> Option<HttpUrl> {
        text.parse().ok()
    }
}
