//! HTTP URLs.

use http::Uri;
use std::fmt;
use std::str::FromStr;

/// Longest URL, in bytes.
pub const MAX_URL_BYTES: usize = 2048;

/// An `http://` or `https://` URL with a host, and without user, password and fragment. Its path or query is often a
/// secret, so only the host is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpUrl {
    text: String,
    host: String,
    port: u16,
    is_https: bool,
}

/// Not such a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an http:// or https:// URL of at most {MAX_URL_BYTES} bytes with a host, \
     without user, password and fragment"
)]
pub struct HttpUrlError;

impl FromStr for HttpUrl {
    type Err = HttpUrlError;

    fn from_str(text: &str) -> Result<Self, HttpUrlError> {
        if text.len() > MAX_URL_BYTES || text.contains('#') {
            return Err(HttpUrlError);
        }
        let url: Uri = text.parse().map_err(|_| HttpUrlError)?;
        let is_https = match url.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(HttpUrlError),
        };
        let authority =
            url.authority().filter(|authority| !authority.as_str().contains('@')).ok_or(HttpUrlError)?;
        let port = match authority.port_u16() {
            Some(0) => return Err(HttpUrlError),
            Some(port) => port,
            // `host:` and `host:99999` have a port too, but not a valid one.
            None if authority.as_str() != authority.host() => return Err(HttpUrlError),
            None if is_https => 443,
            None => 80,
        };
        if authority.host().is_empty() {
            return Err(HttpUrlError);
        }
        Ok(Self { text: text.to_owned(), host: authority.host().to_owned(), port, is_https })
    }
}

impl HttpUrl {
    /// The URL as written. The caller is responsible for where it goes.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The host: a name or an address, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; the default of the scheme if the URL has none.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The URL with a path (which begins with `/`) appended: `https://api.test/v1/` and `/x` give
    /// `https://api.test/v1/x`.
    #[must_use]
    pub fn with_path(&self, path: &str) -> Self {
        Self { text: format!("{}{path}", self.text.trim_end_matches('/')), ..self.clone() }
    }
}

/// The host.
impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpUrl({})", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> HttpUrl {
        text.parse().unwrap()
    }

    #[test]
    fn host_and_port_are_read() {
        let plain = url("http://example.test/health?x=1");
        assert_eq!((plain.host(), plain.port(), plain.is_https()), ("example.test", 80, false));
        let secure = url("https://[::1]:8443");
        assert_eq!((secure.host(), secure.port(), secure.is_https()), ("[::1]", 8443, true));
        assert_eq!(url("https://example.test").port(), 443);
    }

    #[test]
    fn a_path_is_put_behind() {
        assert_eq!(url("https://api.test").with_path("/x").expose(), "https://api.test/x");
        assert_eq!(url("https://api.test/v1/").with_path("/x").expose(), "https://api.test/v1/x");
    }

    #[test]
    fn only_the_host_is_shown() {
        let url = url("https://hooks.test:8443/T0/s3cret?key=s3cret");
        assert_eq!(format!("{url:?}"), "HttpUrl(hooks.test)");
        assert_eq!(url.expose(), "https://hooks.test:8443/T0/s3cret?key=s3cret");
    }

    #[test]
    fn text_that_is_no_url_is_refused() {
        let long = |bytes: usize| format!("http://h/{}", "x".repeat(bytes - "http://h/".len()));
        assert!(long(MAX_URL_BYTES).parse::<HttpUrl>().is_ok());
        let refused = [
            "",
            "example.test",
            "/health",
            "ftp://example.test",
            "http://",
            "http://:80",
            "http://user:password@example.test",
            "http://example.test:0",
            "http://example.test:99999",
            "http://example.test/#top",
            &long(MAX_URL_BYTES + 1),
        ];
        for text in refused {
            assert_eq!(text.parse::<HttpUrl>(), Err(HttpUrlError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(https?://)?\\PC*") {
            if let Ok(url) = text.parse::<HttpUrl>() {
                prop_assert!(!url.host().is_empty() && url.port() > 0);
            }
        }
    }
}
