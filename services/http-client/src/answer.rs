//! HTTP responses.

use crate::error::HttpError;
use crate::retry_after;
use serde::de::DeserializeOwned;
use std::time::Duration;
use ureq::http::header::LOCATION;
use ureq::http::{HeaderMap, StatusCode, Uri};
use watchkeeper_domain::Timestamp;

/// Most characters of a decoder's error that are shown: it may quote the body.
const MAX_REASON_CHARS: usize = 200;

/// A complete response: status, headers and body.
#[derive(Debug)]
pub struct HttpAnswer {
    pub(crate) host: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) received_at: Timestamp,
}

impl HttpAnswer {
    /// Its status: `200`.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// A header by its name in lower case; `None` if it is not there or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// When the server allows the next request, if it says so: `retry-after`, or else an exhausted quota.
    pub fn retry_at(&self) -> Option<Timestamp> {
        retry_after::until(&self.headers, self.received_at)
    }

    /// How long until the server allows the next request, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        Some(self.retry_at()?.since(self.received_at))
    }

    /// Its body, which may be empty.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body decoded as JSON of the type `T`.
    ///
    /// # Errors
    /// [`HttpError::Malformed`].
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let reason: String = error.to_string().chars().take(MAX_REASON_CHARS).collect();
            HttpError::Malformed(format!("{} answered with unexpected JSON: {reason}", self.host))
        })
    }

    /// Returns the response if its status is 2xx, else the error for its status: a refusal with its duration (401,
    /// 403, 429, and 503 with `retry-after`), a server error (other 5xx), or a wrong address (3xx, other 4xx).
    /// Callers that send `if-none-match` check for 304 first.
    ///
    /// # Errors
    /// Any but [`HttpError::TimedOut`].
    pub fn success(self) -> Result<Self, HttpError> {
        if self.status.is_success() {
            return Ok(self);
        }
        let until = self.retry_at();
        let answered = format!("{} answered {}", self.host, self.status);
        Err(match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                HttpError::Refused { reason: answered, until }
            }
            StatusCode::SERVICE_UNAVAILABLE if until.is_some() => {
                HttpError::Refused { reason: answered, until }
            }
            status if status.is_server_error() => HttpError::Unreachable(answered),
            status if status.is_redirection() => {
                HttpError::Malformed(format!("{answered} and redirects to {}", self.redirects_to()))
            }
            _ => HttpError::Malformed(answered),
        })
    }

    /// Scheme and host of a redirect's target: the rest may contain a secret.
    fn redirects_to(&self) -> String {
        let location = self.header(LOCATION.as_str()).and_then(|text| text.parse::<Uri>().ok());
        match location.as_ref().map(|url| (url.scheme_str(), url.host())) {
            Some((Some(scheme), Some(host))) => format!("{scheme}://{host}"),
            Some(_) => "another path of the same host".to_owned(),
            None => "nowhere".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> HttpAnswer {
        HttpAnswer {
            host: "api.test".to_owned(),
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body: body.into(),
            received_at: "2026-11-20T10:00:00Z".parse().unwrap(),
        }
    }

    fn failure(status: u16, headers: &[(&'static str, &str)]) -> HttpError {
        answer(status, headers, "").success().unwrap_err()
    }

    #[test]
    fn every_status_of_success_is_one() {
        for status in [200, 204, 299] {
            assert_eq!(answer(status, &[], "").success().unwrap().status(), status);
        }
    }

    #[test]
    fn a_refusal_says_for_how_long() {
        let refused = |status: &str, until: Option<&str>| HttpError::Refused {
            reason: format!("api.test answered {status}"),
            until: until.map(|at| at.parse().unwrap()),
        };
        assert_eq!(failure(401, &[]), refused("401 Unauthorized", None));
        assert_eq!(
            failure(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795170000")]),
            refused("403 Forbidden", Some("2026-11-20T10:20:00Z"))
        );
        let seconds = [("retry-after", "60")];
        assert_eq!(failure(429, &seconds), refused("429 Too Many Requests", Some("2026-11-20T10:01:00Z")));
        assert_eq!(failure(503, &seconds), refused("503 Service Unavailable", Some("2026-11-20T10:01:00Z")));
    }

    #[test]
    fn a_server_out_of_order_is_not_reachable() {
        for status in [500, 502, 503] {
            assert!(matches!(failure(status, &[]), HttpError::Unreachable(_)), "{status}");
        }
    }

    #[test]
    fn a_wrong_address_is_named_without_what_may_be_secret() {
        assert_eq!(failure(404, &[]).to_string(), "api.test answered 404 Not Found");
        let moved = "api.test answered 301 Moved Permanently and redirects to ";
        let to = |location: &str| failure(301, &[("location", location)]).to_string();
        assert_eq!(to("https://u:p@other.test/a?key=secret"), format!("{moved}https://other.test"));
        assert_eq!(to("/login?key=secret"), format!("{moved}another path of the same host"));
        assert_eq!(failure(301, &[]).to_string(), format!("{moved}nowhere"));
    }

    #[test]
    fn json_of_another_shape_is_told_in_few_words() {
        assert_eq!(answer(200, &[], "[1,2]").json::<Vec<u8>>().unwrap(), [1, 2]);
        let cut = answer(200, &[], "[1,").json::<Vec<u8>>().unwrap_err().to_string();
        assert!(cut.starts_with("api.test answered with unexpected JSON: EOF"), "{cut}");
        let long = format!("{:?}", "x".repeat(10_000));
        let error = answer(200, &[], &long).json::<u8>().unwrap_err().to_string();
        assert!(error.len() < MAX_REASON_CHARS + 100, "{error}");
    }
}
