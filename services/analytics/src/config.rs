//! The section `[analytics]`.

use axum::http::Uri;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use watchkeeper_config::{Secret, Section};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The delay from a window's end to its computation: the default and the bounds.
const SETTLE: (Duration, RangeInclusive<Duration>) = (Duration::from_secs(5 * 60), Duration::ZERO..=HOUR);
/// The delays after which a window is recomputed: the defaults.
const CORRECTIONS: [Duration; 2] = [HOUR, DAY];
/// The bounds of each.
const CORRECTION: RangeInclusive<Duration> = MINUTE..=Duration::from_secs(31 * 24 * 60 * 60);
/// Most recomputations of a window: each reads its samples again.
pub const MAX_CORRECTIONS: usize = 8;
/// How long rollups may be kept. At least twice the longest correction delay, so that it finds them.
const RETENTION: RangeInclusive<Duration> =
    Duration::from_secs(62 * 24 * 60 * 60)..=Duration::from_secs(36_600 * 24 * 60 * 60);
/// How long hourly rollups are kept, about two years.
const HOURLY_RETENTION: Duration = Duration::from_secs(730 * 24 * 60 * 60);
/// How long daily rollups are kept, about ten years.
const DAILY_RETENTION: Duration = Duration::from_secs(3_660 * 24 * 60 * 60);

/// When windows are computed, from which api, and how long their rollups are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyticsConfig {
    /// The api to query. By default the one in the same process, else the one that listens where this configuration
    /// says.
    pub api: Option<Uri>,
    /// The token for an api in another process.
    pub token: Option<Secret>,
    /// The delay from a window's end to its computation.
    pub settle: Duration,
    /// The delays after which a window is recomputed, ascending; each is longer than `settle`. A sample that arrives
    /// after the last one corrects nothing.
    pub corrections: Vec<Duration>,
    /// How long hourly rollups are kept.
    pub hourly_retention: Duration,
    /// How long daily rollups are kept.
    pub daily_retention: Duration,
}

impl AnalyticsConfig {
    /// Reads the section; missing keys get their defaults.
    pub fn read(section: &mut Section<'_>) -> Self {
        let settle = section.duration("settle", SETTLE.1, SETTLE.0);
        let mut corrections = section.duration_list("corrections", MAX_CORRECTIONS, CORRECTION, &CORRECTIONS);
        if corrections.iter().any(|&delay| delay <= settle) {
            section.refuse("corrections", "must each be longer than settle");
        }
        corrections.sort_unstable();
        corrections.dedup();
        Self {
            api: section.parsed("api").map(|Url(url)| url),
            token: section.secret_file("token_file"),
            settle,
            corrections,
            hourly_retention: section.duration("hourly_retention", RETENTION, HOURLY_RETENTION),
            daily_retention: section.duration("daily_retention", RETENTION, DAILY_RETENTION),
        }
    }
}

/// `http://HOST:PORT`.
struct Url(Uri);

/// Not such a URL.
#[derive(Debug)]
struct NotAUrl;

impl fmt::Display for NotAUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be http://HOST:PORT, such as http://127.0.0.1:8461")
    }
}

impl FromStr for Url {
    type Err = NotAUrl;

    fn from_str(text: &str) -> Result<Self, NotAUrl> {
        let url: Uri = text.parse().map_err(|_| NotAUrl)?;
        let is_base = url.path() == "/" && url.query().is_none();
        let has_no_user = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        let is_taken = url.scheme_str() == Some("http") && url.port_u16().is_some() && is_base && has_no_user;
        if is_taken { Ok(Self(url)) } else { Err(NotAUrl) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_config::Document;

    fn read(section: &str) -> Result<AnalyticsConfig, String> {
        let text = format!("[analytics]\n{section}");
        let document = Document::parse("test.toml", &text).unwrap();
        document
            .read(|root| root.section("analytics", AnalyticsConfig::read))
            .map_err(|errors| errors.to_string())
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let config = read("").unwrap();
        assert_eq!((config.api, config.settle), (None, 5 * MINUTE));
        assert_eq!(config.corrections, [HOUR, DAY]);
        assert_eq!((config.hourly_retention, config.daily_retention), (730 * DAY, 3_660 * DAY));
    }

    #[test]
    fn corrections_are_taken_in_any_order_and_need_not_be() {
        assert_eq!(read(r#"corrections = ["2d", "1h", "2d"]"#).unwrap().corrections, [HOUR, 2 * DAY]);
        assert_eq!(read("corrections = []").unwrap().corrections, []);
    }

    #[test]
    fn a_correction_out_of_its_bounds_is_refused() {
        let refused = |section: &str| read(section).unwrap_err();
        assert!(refused(r#"corrections = ["5m"]"#).contains("corrections: must each be longer than settle"));
        assert!(refused(r#"corrections = ["32d"]"#).contains("corrections[0]: must be from 1m to"));
        let many = |count: usize| {
            let delays: Vec<_> = (1..=count).map(|hours| format!("\"{hours}h\"")).collect();
            format!("corrections = [{}]", delays.join(", "))
        };
        assert_eq!(read(&many(MAX_CORRECTIONS)).unwrap().corrections.len(), MAX_CORRECTIONS);
        assert!(refused(&many(MAX_CORRECTIONS + 1)).contains("corrections: has 9 items, the limit is 8"));
    }

    #[test]
    fn an_api_is_named_by_its_host_and_port() {
        let api = read(r#"api = "http://[::1]:8461""#).unwrap().api.unwrap();
        assert_eq!(api.port_u16(), Some(8461));
        for url in ["https://h:1", "http://h", "h:1", "http://h:1/v1", "http://h:1/?a", "http://u@h:1", ""] {
            let refused = read(&format!("api = {url:?}")).unwrap_err();
            assert!(refused.contains("analytics.api: must be http://HOST:PORT"), "{url}: {refused}");
        }
    }

    #[test]
    fn a_token_is_read_from_its_file_whether_or_not_the_api_is_named() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        std::fs::write(&file, "wk_secret\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let token = format!("token_file = {file:?}");
        for section in [format!("api = \"http://127.0.0.1:8461\"\n{token}"), token] {
            assert_eq!(read(&section).unwrap().token.unwrap().expose(), "wk_secret", "{section}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_url_or_refused(text in "\\PC*|http://[a-z:@/?]{0,9}[0-9:]{0,6}") {
            let _ = text.parse::<Url>();
        }
    }
}
