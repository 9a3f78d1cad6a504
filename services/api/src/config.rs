//! The section `[api]`.

use std::ops::RangeInclusive;
use watchkeeper_config::Section;

/// Concurrent streams of live samples, and of live events: default and bounds.
pub const STREAMS: (usize, RangeInclusive<usize>) = (64, 1..=10_000);
/// Series per range query: default and bounds.
pub const RANGE_SERIES: (usize, RangeInclusive<usize>) = (100, 1..=1_000);

/// The configuration of the api.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiConfig {
    /// Maximum number of concurrent streams of live samples, over HTTP and gRPC together; the same for events.
    pub streams: usize,
    /// Maximum number of series per range query.
    pub range_series: usize,
}

impl ApiConfig {
    /// Reads the section; missing keys get their default.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            streams: section.integer("streams", STREAMS.1, STREAMS.0),
            range_series: section.integer("range_series", RANGE_SERIES.1, RANGE_SERIES.0),
        }
    }
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self { streams: STREAMS.0, range_series: RANGE_SERIES.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    fn read(section: &str) -> Result<ApiConfig, String> {
        let document = Document::parse("test.toml", section).unwrap();
        document.read(|root| root.section("api", ApiConfig::read)).map_err(|errors| errors.to_string())
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        assert_eq!(read("").unwrap(), ApiConfig::default());
    }

    #[test]
    fn a_limit_is_taken_within_its_bounds() {
        let most = ApiConfig { streams: 10_000, range_series: 1_000 };
        assert_eq!(read("[api]\nstreams = 10000\nrange_series = 1000").unwrap(), most);
        for section in ["[api]\nstreams = 0", "[api]\nstreams = 10001", "[api]\nrange_series = 1001"] {
            assert!(read(section).unwrap_err().contains("must be from 1 to"), "{section}");
        }
    }
}
