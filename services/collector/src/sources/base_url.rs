//! Base URLs of APIs.

use std::str::FromStr;
use watchkeeper_config::{HttpUrl, HttpUrlError, MAX_URL_BYTES, Section};

/// The base URL of an API: `https://api.github.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(HttpUrl);

/// Not such a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an http:// or https:// URL of at most {MAX_URL_BYTES} bytes with a host, \
     without user, password, query and fragment"
)]
pub struct BaseUrlError;

impl From<HttpUrlError> for BaseUrlError {
    fn from(_: HttpUrlError) -> Self {
        Self
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        if text.contains('?') {
            return Err(BaseUrlError);
        }
        Ok(Self(text.parse()?))
    }
}

impl BaseUrl {
    /// The public address of an API.
    pub(crate) fn public(text: &'static str) -> Self {
        text.parse().expect("the address is one of this crate's constants")
    }

    /// Reads the key `base_url`.
    pub(crate) fn read(section: &mut Section<'_>, default: &'static str) -> Self {
        section.parsed("base_url").unwrap_or_else(|| Self::public(default))
    }

    /// The URL of a path, which begins with `/`.
    pub(crate) fn with_path(&self, path: &str) -> String {
        self.0.with_path(path).expose().to_owned()
    }

    /// Whether `url` is below this one: same scheme, same host, same port.
    pub(crate) fn is_base_of(&self, url: &str) -> bool {
        url.starts_with(&self.with_path("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_lies_below_has_the_same_scheme_host_and_port() {
        let base = BaseUrl::public("https://api.test/v3/");
        assert!(base.is_base_of("https://api.test/v3/repositories/1"));
        for url in
            ["http://api.test/v3/a", "https://api.test.evil/v3/a", "https://api.test:8443/v3/a", "/v3/a", ""]
        {
            assert!(!base.is_base_of(url), "{url}");
        }
        assert!(!BaseUrl::public("https://api.test").is_base_of("https://api.test.evil/"));
        assert!(!BaseUrl::public("https://api.test").is_base_of("https://api.test@evil/"));
    }

    #[test]
    fn a_query_is_refused() {
        assert_eq!("https://api.test/?a=b".parse::<BaseUrl>(), Err(BaseUrlError));
        assert_eq!("api.test".parse::<BaseUrl>(), Err(BaseUrlError));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_a_path_lies_below(text in "(https?://)?\\PC*") {
            if let Ok(base) = text.parse::<BaseUrl>() {
                prop_assert!(base.is_base_of(&base.with_path("/x")));
            }
        }
    }
}
