//! The token that a request presents.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use data_encoding::BASE64;

/// The token in `Authorization`: `Bearer TOKEN` (RFC 6750), or the password of `Basic` (RFC 7617), which browsers can
/// prompt for and also send with an event source.
pub(super) fn presented(headers: &HeaderMap) -> Option<String> {
    let (scheme, credentials) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(credentials.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = String::from_utf8(BASE64.decode(credentials.as_bytes()).ok()?).ok()?;
        return decoded.split_once(':').map(|(_user, password)| password.to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn token(authorization: &str) -> Option<String> {
        let value = HeaderValue::from_bytes(authorization.as_bytes()).ok()?;
        presented(&[(AUTHORIZATION, value)].into_iter().collect())
    }

    #[test]
    fn a_token_is_found_in_both_schemes() {
        for authorization in
            ["Bearer wk_1:2", "bearer  wk_1:2 ", "Basic YW55OndrXzE6Mg==", "BASIC OndrXzE6Mg=="]
        {
            assert_eq!(token(authorization).as_deref(), Some("wk_1:2"), "{authorization}");
        }
    }

    #[test]
    fn what_is_no_token_is_none() {
        for authorization in ["", "Bearer", "wk_1", "Digest wk_1", "Basic wk_1", "Basic d2tfMQ=="] {
            assert_eq!(token(authorization), None, "{authorization}");
        }
        assert_eq!(presented(&HeaderMap::new()), None);
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_ignored(text in "((?i)basic|bearer)? ?\\PC*") {
            let _: Option<String> = token(&text);
        }
    }
}
