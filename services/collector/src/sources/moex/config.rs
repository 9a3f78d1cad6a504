//! The section `[collector.moex]`.

use super::ticker::Ticker;
use crate::sources::base_url::BaseUrl;
use crate::target::Timing;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_http_client::Access;

/// Most tickers. Each is a label of the collector's own metrics.
pub const MAX_TICKERS: usize = 50;

const PUBLIC_API: &str = "https://iss.moex.com";
/// The shares of Sberbank, preferred and ordinary, and of Gazprom.
const DEFAULT_TICKERS: [&str; 3] = ["SBERP", "SBER", "GAZP"];

/// The shares and how to query their prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoexConfig {
    /// Interval and timeout.
    pub timing: Timing,
    /// The shares, without duplicates.
    pub tickers: Vec<Ticker>,
    /// The base URL of the API.
    pub base_url: BaseUrl,
    /// Whose certificates are accepted, and what a proxy in front of the API must be told.
    pub access: Access,
}

impl MoexConfig {
    /// Reads the section; missing keys get their defaults. `None` unless it says `enabled = true`: no request leaves
    /// the host unless it is enabled.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let enabled = section.boolean("enabled", false);
        let (minute, timeout) = (Duration::from_secs(60), Duration::from_secs(10));
        let config = Self {
            timing: Timing::read(section, Timing::new(minute, Duration::ZERO, timeout)),
            tickers: read_tickers(section),
            base_url: BaseUrl::read(section, PUBLIC_API),
            access: Access::read(section),
        };
        enabled.then_some(config)
    }
}

/// An empty list means the default too: to disable the source, use `enabled`.
fn read_tickers(section: &mut Section<'_>) -> Vec<Ticker> {
    let tickers = section.parsed_set("tickers", MAX_TICKERS);
    if !tickers.is_empty() {
        return tickers;
    }
    let known = |text: &str| text.parse().expect("the default tickers are tickers");
    DEFAULT_TICKERS.map(known).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::{ConfigErrors, Document};
    use watchkeeper_http_client::Trust;

    fn read(text: &str) -> Result<Option<MoexConfig>, ConfigErrors> {
        let text = format!("[moex]\n{text}");
        Document::parse("watchkeeper.toml", &text)?.read(|root| root.section("moex", MoexConfig::read))
    }

    fn refused(text: &str) -> String {
        let errors = read(text).unwrap_err();
        assert_eq!(errors.count(), 1, "{errors}");
        errors.first()[0].to_string()
    }

    #[test]
    fn nothing_is_collected_unless_it_is_enabled() {
        assert_eq!(read("").unwrap(), None);
        assert_eq!(read(r#"tickers = ["SBER"]"#).unwrap(), None);
    }

    #[test]
    fn every_key_is_read_and_has_a_default_but_to_be_enabled() {
        let config = read("enabled = true").unwrap().unwrap();
        let tickers: Vec<&str> = config.tickers.iter().map(Ticker::as_str).collect();
        assert_eq!(tickers, ["SBERP", "SBER", "GAZP"]);
        assert_eq!(config.base_url.with_path("/iss"), "https://iss.moex.com/iss");
        assert_eq!(config.timing.interval(), Duration::from_secs(60));

        let keys = r#"
            enabled = true
            tickers = ["LKOH"]
            base_url = "http://127.0.0.1:8080"
            ca_file = "/etc/ssl/own.pem"
            headers = { X-Team = "ops" }
            interval = "5m"
            jitter = "2s"
            timeout = "3s"
        "#;
        let [interval, jitter, timeout] = [300, 2, 3].map(Duration::from_secs);
        let expected = MoexConfig {
            timing: Timing::new(interval, jitter, timeout),
            tickers: vec!["LKOH".parse().unwrap()],
            base_url: "http://127.0.0.1:8080".parse().unwrap(),
            access: Access {
                trust: Trust::File("/etc/ssl/own.pem".into()),
                headers: [("X-Team".to_owned(), "ops".to_owned())].into(),
                authorization: None,
            },
        };
        assert_eq!(read(keys).unwrap(), Some(expected));
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        let many: Vec<String> = (0..=MAX_TICKERS).map(|n| format!("T{n}")).collect();
        assert_eq!(refused(&format!("tickers = {many:?}")), "moex.tickers: has 51 items, the limit is 50");
        assert!(refused(r#"tickers = ["sber"]"#).starts_with("moex.tickers[0]: must be 1 to 36 capital"));
        assert_eq!(refused(r#"tickers = ["T", "T"]"#), "moex.tickers[1]: is the same as tickers[0]");
    }
}
