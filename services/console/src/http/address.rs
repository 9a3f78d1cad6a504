//! The address of this listener, as the client used it.

use axum::http::HeaderMap;
use axum::http::header::HOST;

/// Used when the client sent no valid `Host`.
const DEFAULT_ADDRESS: &str = "127.0.0.1:8460";

/// The host and port from the `Host` header. It appears in shell commands on the page, so anything but letters,
/// digits and address punctuation is rejected.
pub(super) fn of(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).filter(|host| is_address(host));
    host.unwrap_or(DEFAULT_ADDRESS).to_owned()
}

fn is_address(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn address(host: &'static str) -> String {
        of(&[(HOST, HeaderValue::from_static(host))].into_iter().collect())
    }

    #[test]
    fn an_address_is_repeated_and_anything_else_is_not() {
        assert_eq!(address("metrics.example:8460"), "metrics.example:8460");
        assert_eq!(address("[::1]:8460"), "[::1]:8460");
        assert_eq!(address("a;rm -rf $HOME"), DEFAULT_ADDRESS);
        assert_eq!(of(&HeaderMap::new()), DEFAULT_ADDRESS);
    }
}
