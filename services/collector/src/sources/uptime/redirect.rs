//! Redirects of a probe.

use url::Url;

/// The meaning of a response for the probe.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Not a redirect.
    Judge,
    /// A redirect that cannot be followed, with the reason.
    JudgeThough(String),
    /// A redirect to this URL.
    Follow(Url),
}

/// The meaning of a response of `url` with this status and this `Location`.
pub(super) fn next(url: &Url, status: u16, location: Option<&[u8]>) -> Next {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Next::Judge;
    }
    let location = location.unwrap_or_default().trim_ascii();
    if location.is_empty() {
        return Next::JudgeThough("without a Location".to_owned());
    }
    let joined = str::from_utf8(location).ok().and_then(|location| url.join(location).ok());
    match joined {
        Some(mut url) if matches!(url.scheme(), "http" | "https") => {
            url.set_fragment(None);
            Next::Follow(url)
        }
        Some(other) => Next::JudgeThough(format!("and redirects to {}:, which is not HTTP", other.scheme())),
        None => Next::JudgeThough("with a Location that is not a URL".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(location: &str) -> Next {
        let url = "http://shop.test/a/start?lang=de".parse().unwrap();
        next(&url, 302, Some(location.as_bytes()))
    }

    #[test]
    fn a_location_is_followed_as_browsers_follow_it() {
        for (location, expected) in [
            ("https://other.test/", "https://other.test/"),
            ("//other.test/x", "http://other.test/x"),
            ("/end", "http://shop.test/end"),
            ("end", "http://shop.test/a/end"),
            ("../end", "http://shop.test/end"),
            ("../../../end", "http://shop.test/end"),
            ("?lang=en", "http://shop.test/a/start?lang=en"),
            ("#part", "http://shop.test/a/start?lang=de"),
            (" /end ", "http://shop.test/end"),
            ("/straße", "http://shop.test/stra%C3%9Fe"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
        ] {
            assert_eq!(of(location), Next::Follow(expected.parse().unwrap()), "{location}");
        }
    }

    #[test]
    fn a_location_that_leads_nowhere_says_why() {
        let though = |text: &str| Next::JudgeThough(text.to_owned());
        for location in ["file:///etc/passwd", "FILE:/x", "file://localhost/x"] {
            assert_eq!(of(location), though("and redirects to file:, which is not HTTP"));
        }
        for scheme in ["ftp", "gopher", "javascript", "data", "mailto", "ws"] {
            let expected = format!("and redirects to {scheme}:, which is not HTTP");
            assert_eq!(of(&format!("{scheme}:x")), Next::JudgeThough(expected));
        }
        for location in ["", "  "] {
            assert_eq!(of(location), though("without a Location"));
        }
        for location in ["http://", "http://[::1", "http://a:99999/", "//"] {
            assert_eq!(of(location), though("with a Location that is not a URL"), "{location}");
        }
        let url = "http://shop.test/".parse().unwrap();
        assert_eq!(next(&url, 302, None), though("without a Location"));
        assert_eq!(next(&url, 302, Some(b"/\xff")), though("with a Location that is not a URL"));
    }

    #[test]
    fn only_what_sends_on_is_followed() {
        let url = "http://shop.test/".parse().unwrap();
        for status in [200, 201, 300, 304, 305, 404] {
            assert_eq!(next(&url, status, Some(b"/end")), Next::Judge, "{status}");
        }
        for status in [301, 302, 303, 307, 308] {
            assert!(matches!(next(&url, status, Some(b"/end")), Next::Follow(_)), "{status}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_followed_is_http(location in prop::collection::vec(any::<u8>(), 0..40)) {
            let url = "http://shop.test/".parse().unwrap();
            if let Next::Follow(url) = next(&url, 302, Some(&location)) {
                prop_assert!(matches!(url.scheme(), "http" | "https") && url.has_host());
            }
        }
    }
}
