//! Cookies set by redirects.

use ureq::http::HeaderMap;
use ureq::http::header::SET_COOKIE;
use url::{Origin, Url};

/// Most cookies per probe; further ones are dropped.
const MAX_COOKIES: usize = 20;

/// The cookies of one probe, by the origin that set them: some servers redirect a client in a loop until it sends
/// one. Attributes are ignored: the probe ends sooner than any cookie.
#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

#[derive(Debug)]
struct Cookie {
    origin: Origin,
    name: String,
    value: String,
}

impl Cookies {
    /// Keeps the cookies of a response of `url`.
    pub(super) fn keep(&mut self, url: &Url, headers: &HeaderMap) {
        for header in headers.get_all(SET_COOKIE) {
            let pair = header.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            let (origin, name, value) = (url.origin(), name.trim().to_owned(), value.trim().to_owned());
            self.0.retain(|kept| kept.origin != origin || kept.name != name);
            if self.0.len() < MAX_COOKIES && !name.is_empty() {
                self.0.push(Cookie { origin, name, value });
            }
        }
    }

    /// The header `Cookie` of a request for `url`; `None` if there is none.
    pub(super) fn for_request(&self, url: &Url) -> Option<String> {
        let origin = url.origin();
        let own = self.0.iter().filter(|cookie| cookie.origin == origin);
        let pairs: Vec<_> = own.map(|Cookie { name, value, .. }| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn setting(cookies: &[String]) -> HeaderMap {
        cookies.iter().map(|cookie| (SET_COOKIE, cookie.parse().unwrap())).collect()
    }

    fn after(cookies: &[&str], asked: &str) -> Option<String> {
        let mut kept = Cookies::default();
        let headers: Vec<_> = cookies.iter().map(|cookie| (*cookie).to_owned()).collect();
        kept.keep(&url("https://shop.test/a"), &setting(&headers));
        kept.for_request(&url(asked))
    }

    #[test]
    fn a_cookie_goes_back_to_its_origin_and_nowhere_else() {
        let set = ["seen=1; Path=/; Secure", "lang=de"];
        assert_eq!(after(&set, "https://shop.test/b").as_deref(), Some("seen=1; lang=de"));
        for other in ["http://shop.test/", "https://shop.test:8443/", "https://other.test/"] {
            assert_eq!(after(&set, other), None);
        }
    }

    #[test]
    fn a_later_cookie_takes_the_place_of_an_earlier_one() {
        assert_eq!(after(&["a=1", "b=2", "a=3"], "https://shop.test/").as_deref(), Some("b=2; a=3"));
        assert_eq!(after(&["nothing", "=x", ""], "https://shop.test/"), None);
    }

    #[test]
    fn no_more_are_kept_than_the_limit() {
        let cookies: Vec<_> = (0..=MAX_COOKIES).map(|n| format!("c{n}=x")).collect();
        let mut kept = Cookies::default();
        kept.keep(&url("https://shop.test/"), &setting(&cookies));
        assert_eq!(kept.for_request(&url("https://shop.test/")).unwrap().matches("=x").count(), MAX_COOKIES);
    }
}
