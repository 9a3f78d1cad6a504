//! Finds settings that need OpenSSL, which is built in only with the feature `tls`.

use crate::error::broken;
use std::collections::BTreeMap;
use watchkeeper_ports::PortError;

const IS_BUILT_IN: bool = cfg!(feature = "tls");

/// # Errors
/// [`PortError::Broken`] when a setting needs what this build does not have.
pub(crate) fn check(settings: &BTreeMap<String, String>) -> Result<(), PortError> {
    let Some(key) = needed_for(settings).filter(|_| !IS_BUILT_IN) else { return Ok(()) };
    Err(broken(format!(
        "the Kafka setting {key} needs OpenSSL, which this build lacks: build it with the cargo feature tls"
    )))
}

/// The first setting that needs OpenSSL: encryption, and every mechanism of SASL but PLAIN.
fn needed_for(settings: &BTreeMap<String, String>) -> Option<&str> {
    let is_needed = |key: &str, value: &str| match key {
        "security.protocol" => value.ends_with("ssl"),
        "sasl.mechanism" | "sasl.mechanisms" => value.starts_with("scram") || value == "oauthbearer",
        _ => key.starts_with("ssl."),
    };
    let mut all = settings.iter();
    all.find(|(key, value)| is_needed(key, &value.to_ascii_lowercase())).map(|(key, _)| key.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encryption_and_mechanisms_that_rest_on_it_need_openssl() {
        let needs = |key: &str, value: &str| needed_for(&[(key.into(), value.into())].into()).is_some();
        for (key, value) in [
            ("security.protocol", "ssl"),
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanisms", "SCRAM-SHA-512"),
            ("sasl.mechanism", "OAUTHBEARER"),
            ("ssl.ca.location", "/etc/ca.pem"),
        ] {
            assert!(needs(key, value), "{key}={value}");
        }
        for (key, value) in [
            ("security.protocol", "plaintext"),
            ("security.protocol", "SASL_PLAINTEXT"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.password", "ssl"),
        ] {
            assert!(!needs(key, value), "{key}={value}");
        }
    }

    #[test]
    #[cfg(not(feature = "tls"))]
    fn a_build_without_openssl_says_so() {
        let settings = [("security.protocol".to_owned(), "sasl_ssl".to_owned())].into();
        let error = check(&settings).unwrap_err().to_string();
        assert!(error.contains("security.protocol") && error.contains("feature tls"), "{error}");
    }
}
