//! The format of a body, from its headers.

use crate::answer::refused;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::body::BodyFormat;

/// The media types that an input accepts.
pub(crate) struct MediaTypes<T: 'static> {
    /// The usual one of each format first. Without a content type, a body is of the first.
    pub(crate) known: &'static [(&'static str, T)],
    /// The same as text and for the header `Accept`.
    pub(crate) listed: &'static str,
}

const OF_ITEMS: MediaTypes<BodyFormat> = MediaTypes {
    known: &[
        ("application/json", BodyFormat::Json),
        ("application/x-ndjson", BodyFormat::NdJson),
        ("application/ndjson", BodyFormat::NdJson),
        ("application/jsonl", BodyFormat::NdJson),
    ],
    listed: "application/json, application/x-ndjson, application/ndjson, application/jsonl",
};
/// The accepted content codings, as text and for the header `Accept-Encoding`.
const CODINGS: &str = "identity, gzip, zstd";
/// The same with Loki's.
const CODINGS_AND_SNAPPY: &str = "identity, gzip, zstd, snappy";
/// How much of a header a refusal repeats, in characters.
const MAX_SHOWN: usize = 64;

/// Format and coding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    /// The format of its items.
    pub(crate) format: BodyFormat,
    /// Its compression.
    pub(crate) coding: Coding,
}

/// The compression of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Uncompressed.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// Blocks of snappy, which Loki's clients send.
    Snappy,
}

impl Content {
    /// Reads `Content-Type` and `Content-Encoding`. Without the first a body is JSON, without the second it is
    /// uncompressed.
    ///
    /// # Errors
    /// 415, with the accepted values in `Accept` or `Accept-Encoding` (RFC 9110, section 15.5.16).
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self { format: format(headers, &OF_ITEMS)?, coding: coding(headers)? })
    }
}

/// The format that `Content-Type` says.
///
/// # Errors
/// 415, with the accepted ones in `Accept`.
pub(crate) fn format<T: Copy>(headers: &HeaderMap, types: &MediaTypes<T>) -> Result<T, Problem> {
    let MediaTypes { known, listed } = *types;
    let Some(value) = only(headers, &CONTENT_TYPE, listed)? else { return Ok(known[0].1) };
    let mut parts = value.to_str().unwrap_or_default().split(';').map(str::trim_ascii);
    let media_type = parts.next().unwrap_or_default();
    let Some((_, format)) = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(media_type)) else {
        let reason = format!("must be one of {listed}, is {}", shown(value));
        return Err(unsupported(&CONTENT_TYPE, listed, reason));
    };
    if parts.any(is_other_charset) {
        let reason = format!("charset must be utf-8, is in {}", shown(value));
        return Err(unsupported(&CONTENT_TYPE, listed, reason));
    }
    Ok(*format)
}

/// Other parameters have no meaning for these media types.
fn is_other_charset(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        name.eq_ignore_ascii_case("charset") && !value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

/// The compression that `Content-Encoding` says.
///
/// # Errors
/// 415, with the accepted ones in `Accept-Encoding`.
pub(crate) fn coding(headers: &HeaderMap) -> Result<Coding, Problem> {
    coding_of(headers, CODINGS)
}

/// The same where snappy is accepted, too.
pub(crate) fn coding_or_snappy(headers: &HeaderMap) -> Result<Coding, Problem> {
    coding_of(headers, CODINGS_AND_SNAPPY)
}

fn coding_of(headers: &HeaderMap, accepted: &'static str) -> Result<Coding, Problem> {
    let Some(value) = only(headers, &CONTENT_ENCODING, accepted)? else { return Ok(Coding::Identity) };
    match value.as_bytes().trim_ascii().to_ascii_lowercase().as_slice() {
        b"identity" => Ok(Coding::Identity),
        // RFC 9110, section 8.4.1.3.
        b"gzip" | b"x-gzip" => Ok(Coding::Gzip),
        b"zstd" => Ok(Coding::Zstd),
        b"snappy" if accepted == CODINGS_AND_SNAPPY => Ok(Coding::Snappy),
        _ => {
            let reason = format!("must be one of {accepted}, is {}", shown(value));
            Err(unsupported(&CONTENT_ENCODING, accepted, reason))
        }
    }
}

/// The value of a header that may be present once.
fn only<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
    accepted: &'static str,
) -> Result<Option<&'h HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(unsupported(name, accepted, "is given more than once".to_owned())),
    }
}

fn unsupported(name: &HeaderName, accepted: &'static str, reason: String) -> Problem {
    let problem = |field| refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, field, reason);
    if *name == CONTENT_TYPE {
        problem("Content-Type").with_header(ACCEPT, HeaderValue::from_static(accepted))
    } else {
        problem("Content-Encoding").with_header(ACCEPT_ENCODING, HeaderValue::from_static(accepted))
    }
}

fn shown(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    format!("{:?}", text.chars().take(MAX_SHOWN).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(name: &HeaderName, values: &[&str]) -> Result<Content, String> {
        let value = |text: &&str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
        let headers: HeaderMap = values.iter().map(|text| (name.clone(), value(text))).collect();
        Content::of(&headers).map_err(|problem| problem.detail().to_owned())
    }

    #[test]
    fn a_body_without_headers_is_plain_json() {
        let plain = Content { format: BodyFormat::Json, coding: Coding::Identity };
        assert_eq!(Content::of(&HeaderMap::new()), Ok(plain));
    }

    #[test]
    fn media_types_are_taken_in_any_case_and_with_parameters() {
        for (text, format) in [
            ("application/json", BodyFormat::Json),
            ("Application/JSON; charset=UTF-8", BodyFormat::Json),
            ("application/json;charset=\"utf-8\"", BodyFormat::Json),
            ("application/json ; profile=\"a=b\" ;", BodyFormat::Json),
            ("application/x-ndjson", BodyFormat::NdJson),
            ("application/ndjson; version=1", BodyFormat::NdJson),
            ("application/jsonl", BodyFormat::NdJson),
        ] {
            assert_eq!(of(&CONTENT_TYPE, &[text]).map(|content| content.format), Ok(format), "{text}");
        }
    }

    #[test]
    fn another_media_type_or_charset_is_refused_and_says_what_is_taken() {
        for text in ["", "json", "text/plain", "application/json, text/plain", "application/jsonp", "\u{e9}"]
        {
            let refused = of(&CONTENT_TYPE, &[text]).unwrap_err();
            let expected = format!("Content-Type: must be one of {}, is {text:?}", OF_ITEMS.listed);
            assert_eq!(refused, expected);
        }
        assert_eq!(
            of(&CONTENT_TYPE, &["application/json; charset=latin1"]).unwrap_err(),
            "Content-Type: charset must be utf-8, is in \"application/json; charset=latin1\""
        );
        assert_eq!(
            of(&CONTENT_TYPE, &["application/json"; 2]).unwrap_err(),
            "Content-Type: is given more than once"
        );
        assert!(of(&CONTENT_TYPE, &[&"x".repeat(1000)]).unwrap_err().len() < 300);
    }

    #[test]
    fn codings_are_taken_in_any_case() {
        for (text, coding) in [
            ("identity", Coding::Identity),
            ("GZIP", Coding::Gzip),
            ("x-gzip", Coding::Gzip),
            ("zstd", Coding::Zstd),
        ] {
            assert_eq!(of(&CONTENT_ENCODING, &[text]).map(|content| content.coding), Ok(coding), "{text}");
        }
    }

    #[test]
    fn another_coding_is_refused_and_says_what_is_taken() {
        for text in ["", "br", "deflate", "snappy", "gzip, zstd", "gzip;q=1"] {
            let refused = of(&CONTENT_ENCODING, &[text]).unwrap_err();
            assert_eq!(refused, format!("Content-Encoding: must be one of {CODINGS}, is {text:?}"));
        }
        assert_eq!(
            of(&CONTENT_ENCODING, &["gzip", "zstd"]).unwrap_err(),
            "Content-Encoding: is given more than once"
        );
    }

    proptest! {
        #[test]
        fn any_header_is_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for name in [CONTENT_TYPE, CONTENT_ENCODING] {
                if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                    let _ = Content::of(&[(name, value)].into_iter().collect());
                }
            }
        }
    }
}
