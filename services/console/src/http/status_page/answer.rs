//! Answers that others may keep.

use super::kept::FRESH_FOR;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::hash::{DefaultHasher, Hasher as _};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Who may use an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// The reader who asked, alone.
    OneReader,
    /// Every reader, on pages of this server.
    Here,
    /// Every reader, on pages of other servers too: badges, feeds, JSON.
    Everywhere,
}

/// A text with its tag.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) body: Bytes,
    etag: HeaderValue,
}

impl Document {
    pub(super) fn new(text: String) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        // Weak: a proxy may compress it (RFC 9110, 8.8.1).
        let etag = format!("W/\"{:016x}\"", hasher.finish());
        Self {
            body: text.into(),
            etag: HeaderValue::from_str(&etag).expect("it consists of hexadecimal digits"),
        }
    }

    /// The document, or only that it is the one that the client has.
    pub(super) fn answer(
        &self,
        content_type: &'static str,
        headers: &HeaderMap,
        allowed: Allowed,
    ) -> Response {
        let mut response = if self.is_known(headers) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(CONTENT_TYPE, content_type)], self.body.clone()).into_response()
        };
        let scope = if allowed == Allowed::OneReader { "private" } else { "public" };
        let caching = format!("{scope}, max-age={}", FRESH_FOR.as_secs());
        let headers = response.headers_mut();
        headers.insert(
            CACHE_CONTROL,
            HeaderValue::from_str(&caching).expect("it consists of letters and digits"),
        );
        headers.insert(ETAG, self.etag.clone());
        if allowed == Allowed::Everywhere {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
        }
        response
    }

    /// Whether the client has it already: the comparison is weak (RFC 9110, 13.1.2).
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let own = self.etag.to_str().unwrap_or_default();
        let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        known.flat_map(|value| value.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == opaque(own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(document: &Document, known: &str) -> StatusCode {
        let headers = [(IF_NONE_MATCH, HeaderValue::from_str(known).unwrap())].into_iter().collect();
        document.answer("text/plain", &headers, Allowed::Here).status()
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let document = Document::new("text".to_owned());
        let tag = document.etag.to_str().unwrap();
        let strong = tag.strip_prefix("W/").unwrap();
        for known in [tag, strong, "*", &format!("\"other\", {tag}")] {
            assert_eq!(status(&document, known), StatusCode::NOT_MODIFIED, "{known}");
        }
        for other in ["\"other\"", "", "W/"] {
            assert_eq!(status(&document, other), StatusCode::OK, "{other}");
        }
        assert_ne!(Document::new("another".to_owned()).etag, document.etag);
    }

    #[test]
    fn only_what_is_meant_for_other_sites_can_be_used_there() {
        let document = Document::new("text".to_owned());
        for (allowed, caching, everywhere) in [
            (Allowed::OneReader, "private, max-age=10", false),
            (Allowed::Here, "public, max-age=10", false),
            (Allowed::Everywhere, "public, max-age=10", true),
        ] {
            let answer = document.answer("text/plain", &HeaderMap::new(), allowed);
            assert_eq!(answer.headers()[CACHE_CONTROL], caching);
            assert_eq!(answer.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), everywhere);
            assert_eq!(answer.headers().contains_key(RESOURCE_POLICY), everywhere);
        }
    }
}
