//! The section `[collector.openweather]`.

use super::city::City;
use crate::sources::base_url::BaseUrl;
use crate::target::Timing;
use std::time::Duration;
use watchkeeper_config::{Secret, Section};
use watchkeeper_http_client::Access;

/// Most cities. OpenWeather's free plan allows 60 requests a minute.
pub const MAX_CITIES: usize = 50;

const PUBLIC_API: &str = "https://api.openweathermap.org";

/// The cities and how to query their weather.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenWeatherConfig {
    /// Interval and timeout.
    pub timing: Timing,
    /// The cities, without duplicates.
    pub cities: Vec<City>,
    /// The API key.
    pub key: Secret,
    /// The base URL of the API.
    pub base_url: BaseUrl,
    /// Whose certificates are accepted, and more headers.
    pub access: Access,
}

impl OpenWeatherConfig {
    /// Reads the section; missing keys but the API key get their defaults. `None` if it lists no city.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let minute = Duration::from_secs(60);
        let timing = Timing::read(section, Timing::new(10 * minute, minute, Duration::from_secs(10)));
        let cities = section.parsed_set("cities", MAX_CITIES);
        let (base_url, access) = (BaseUrl::read(section, PUBLIC_API), Access::read_open(section));
        if cities.is_empty() {
            section.secret_file("key_file");
            return None;
        }
        Some(Self { timing, cities, key: section.required_secret_file("key_file"), base_url, access })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use watchkeeper_config::{ConfigErrors, Document};
    use watchkeeper_http_client::Trust;

    fn read(text: &str) -> Result<Option<OpenWeatherConfig>, ConfigErrors> {
        let text = format!("[openweather]\n{text}");
        let document = Document::parse("watchkeeper.toml", &text)?;
        document.read(|root| root.section("openweather", OpenWeatherConfig::read))
    }

    fn refused(text: &str) -> String {
        let errors = read(text).unwrap_err();
        assert_eq!(errors.count(), 1, "{errors}");
        errors.first()[0].to_string()
    }

    #[test]
    fn nothing_is_collected_unless_a_city_is_named() {
        assert_eq!(read("").unwrap(), None);
        assert_eq!(read("cities = []").unwrap(), None);
    }

    #[test]
    fn every_key_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        fs::write(&path, "hunter2\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let keys = r#"
            cities = ["Berlin,DE"]
            base_url = "http://127.0.0.1:8080"
            ca_file = "/etc/ssl/own.pem"
            headers = { X-Team = "ops" }
            interval = "1m"
            jitter = "2s"
            timeout = "3s"
        "#;
        let config = read(&format!("{keys}key_file = {path:?}")).unwrap().unwrap();
        let [interval, jitter, timeout] = [60, 2, 3].map(Duration::from_secs);
        assert_eq!(config.timing, Timing::new(interval, jitter, timeout));
        assert_eq!(config.cities, ["Berlin,DE".parse().unwrap()]);
        assert_eq!(config.key.expose(), "hunter2");
        assert_eq!(config.base_url.with_path("/x"), "http://127.0.0.1:8080/x");
        assert_eq!(config.access.trust, Trust::File("/etc/ssl/own.pem".into()));
        assert_eq!(config.access.headers["X-Team"], "ops");
    }

    #[test]
    fn cities_take_a_key() {
        assert_eq!(refused(r#"cities = ["Berlin"]"#), "openweather.key_file: is missing");
        let error = refused("key_file = \"/no/such/file\"");
        assert!(error.starts_with("openweather.key_file: cannot read /no/such/file"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        let many: Vec<String> = (0..=MAX_CITIES).map(|n| format!("City {n}")).collect();
        assert_eq!(
            refused(&format!("cities = {many:?}")),
            "openweather.cities: has 51 items, the limit is 50"
        );
        assert!(refused(r#"cities = [""]"#).starts_with("openweather.cities[0]: must be CITY or"));
        assert!(refused(r#"base_url = "http://h/?appid=1""#).starts_with("openweather.base_url: must be"));
    }
}
