//! The time zone of the viewer: the script keeps it in a cookie, because only the browser knows it.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use jiff::tz::TimeZone;
use watchkeeper_query::read_zone;

/// The name of the cookie. Same as in the script.
const NAME: &str = "watchkeeper-zone";

/// The time zone in which the viewer wants to see times; UTC unless another one was chosen.
pub(crate) fn zone_of(headers: &HeaderMap) -> TimeZone {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|cookies| cookies.to_str().ok());
    let mut named =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    let chosen = named.find(|(name, _)| *name == NAME);
    chosen.and_then(|(_, zone)| read_zone(zone).ok()).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn zone(cookie: &'static str) -> String {
        let zone = zone_of(&[(COOKIE, HeaderValue::from_static(cookie))].into_iter().collect());
        zone.iana_name().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_zone_is_that_of_the_cookie_or_utc() {
        assert_eq!(zone("a=b; watchkeeper-zone=Asia/Tokyo; c=d"), "Asia/Tokyo");
        for cookie in
            ["", "watchkeeper-zone=", "watchkeeper-zone=Mars/Base", "watchkeeper-zone=../../etc/passwd"]
        {
            assert_eq!(zone(cookie), "UTC", "{cookie}");
        }
        assert_eq!(zone_of(&HeaderMap::new()), TimeZone::UTC);
    }
}
