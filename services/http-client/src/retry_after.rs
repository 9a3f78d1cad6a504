//! When a server allows the next request.

use jiff::fmt::rfc2822;
use std::time::Duration;
use ureq::http::HeaderMap;
use ureq::http::header::RETRY_AFTER;
use watchkeeper_domain::Timestamp;

/// The remaining requests, and (in seconds since 1970) when the quota is renewed: sent by GitHub and many others with
/// every response.
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

/// When the next request is allowed after a response received at `now`; `None` if it does not say.
pub(crate) fn until(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    if let Some(text) = header(RETRY_AFTER.as_str()) {
        return retry_after(text.trim(), now);
    }
    if header(REMAINING)?.trim() != "0" {
        return None;
    }
    let seconds: i64 = header(RESET)?.trim().parse().ok()?;
    Timestamp::from_micros(seconds.checked_mul(1_000_000)?)
}

/// RFC 9110, 10.2.3: a number of seconds, or a date.
fn retry_after(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse() {
        return Some(now.plus(Duration::from_secs(seconds)));
    }
    let date = rfc2822::parse(text).ok()?;
    Timestamp::from_micros(date.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn asked(headers: &[(&'static str, &str)]) -> Option<Timestamp> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        until(&headers.collect(), at("2026-11-20T10:00:00Z"))
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(asked(&[("retry-after", "120")]), Some(at("2026-11-20T10:02:00Z")));
        assert_eq!(
            asked(&[("retry-after", "Fri, 20 Nov 2026 11:00:00 GMT")]),
            Some(at("2026-11-20T11:00:00Z"))
        );
        let past = "Fri, 20 Nov 2026 09:00:00 GMT";
        assert_eq!(asked(&[("retry-after", past)]), Some(at("2026-11-20T09:00:00Z")));
        assert_eq!((asked(&[("retry-after", "soon")]), asked(&[("retry-after", "-1")])), (None, None));
    }

    #[test]
    fn a_quota_counts_only_when_it_is_used_up() {
        let left =
            |remaining| asked(&[("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", "1795170000")]);
        assert_eq!(left("0"), Some(at("2026-11-20T10:20:00Z")));
        assert_eq!(left("12"), None);
        assert_eq!(
            asked(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "99999999999999999")]),
            None
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_passed_over(text in "[ -~]*") {
            let headers = [("retry-after", &*text)];
            let _ = asked(&headers);
            let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &*text)];
            let _ = asked(&headers);
        }
    }
}
