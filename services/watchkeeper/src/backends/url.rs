//! URLs of backends: in the configuration file, or in a file of their own because they may contain a password.

use watchkeeper_config::Section;

/// Reads `key`, or the file that `file_key` names; no error shows the value. Returns `unread` for a file that is not
/// opened because it is for another machine.
pub(super) fn read<T>(
    section: &mut Section<'_>,
    key: &'static str,
    file_key: &'static str,
    unread: T,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Option<T> {
    let here = section.hidden(key, |text| parse(text).map_err(str::to_owned));
    let Some(secret) = section.secret_file(file_key) else { return here };
    if section.has(key) {
        section.refuse(file_key, format!("conflicts with {key}: set only one of them"));
    }
    if secret.expose().is_empty() {
        return here.or(Some(unread));
    }
    parse(secret.expose()).map_err(|reason| section.refuse(file_key, reason)).ok()
}

/// The URL, if it has one of the schemes.
pub(super) fn with_scheme<'u>(url: &'u str, schemes: &[&str]) -> Option<&'u str> {
    schemes
        .iter()
        .any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| rest.starts_with(':')))
        .then_some(url)
}

/// The directory of `embedded:DIR`.
pub(super) fn embedded(url: &str) -> Option<&str> {
    url.strip_prefix("embedded:").filter(|dir| dir.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::Backends;
    use watchkeeper_config::Document;

    #[test]
    fn a_place_that_is_wrong_is_named_and_not_shown() {
        let text = "[backends]\nbus = \"amqp://root:hunter2@host\"\nstore = \"mysql://root:hunter2@host\"\n\
                    cache = \"memcached://root:hunter2@host\"\nrollups = \"couchdb://root:hunter2@host\"";
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        let read = document.read(|root| root.section("backends", Backends::read));
        let error = read.unwrap_err().to_string();
        for key in ["bus", "store", "cache", "rollups"] {
            assert!(error.contains(&format!("backends.{key}: must be ")), "{error}");
        }
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_scheme_is_all_that_comes_before_the_colon() {
        assert_eq!(with_scheme("redis://host", &["unix", "redis"]), Some("redis://host"));
        assert_eq!(with_scheme("rediss://host", &["unix", "redis"]), None);
        assert_eq!(embedded("embedded:/var/lib/x"), Some("/var/lib/x"));
        assert_eq!(embedded("embedded:x"), None);
    }
}
