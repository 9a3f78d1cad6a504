//! Dead letters.

use crate::dead_letter::DeadLetter;
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchkeeper_ports::{Cut, Incomplete, Unreadable};

/// A rejected record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterJson {
    /// ID for reading, replaying or discarding it.
    #[schema(example = "metrics.dead-0-42")]
    pub id: String,
    /// Why it was rejected.
    #[schema(example = "value: must be a number, is a string")]
    pub reason: String,
    /// The role that rejected it.
    #[schema(example = "persister")]
    pub rejected_by: String,
    /// When it was rejected.
    #[schema(example = "2026-11-20T10:00:00.123Z", format = DateTime)]
    pub rejected_at: String,
    /// Topic of the original record.
    #[schema(example = "metrics")]
    pub topic: String,
    /// Partition of the original record.
    pub partition: u32,
    /// Offset of the original record.
    pub offset: u64,
    /// Key of the record.
    pub key: BytesJson,
    /// Value of the record.
    pub value: BytesJson,
    /// Headers of the original record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderJson>,
    /// Present only if the record is too large for a dead letter: `key`, `value` and `headers` are truncated then. The
    /// complete record stays at its offset for as long as its topic retains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<TruncatedJson>,
    /// Present only if the record and those after it in its partition cannot be read: the offset after the last
    /// unreadable one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable_until: Option<u64>,
}

/// The size of a record before it was truncated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TruncatedJson {
    /// Size of the complete value in bytes.
    #[schema(example = 2_097_152)]
    pub size_bytes: u64,
    /// SHA-256 of the complete value, in hexadecimal.
    #[schema(example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub sha256: String,
    /// Size of the complete key in bytes.
    pub key_size_bytes: u64,
    /// Number of omitted headers.
    pub headers_left_out: u64,
}

/// A page of dead letters; those of one partition are in the order in which they were rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterList {
    /// The pending dead letters.
    pub dead_letters: Vec<DeadLetterJson>,
    /// Number of pending dead letters on all pages.
    #[serde(default)]
    pub waiting: u64,
    /// How many of these are on no page because there are too many; they are listed once others are replayed or
    /// discarded. Omitted if all are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<u64>,
    /// Token of the next page; omitted on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page: Option<String>,
}

impl DeadLetterList {
    /// The suffix of the problem type returned while the pending dead letters are not known yet.
    pub const BEING_READ: &str = "dead-letters-being-read";
}

/// Bytes, losslessly: as text if they are UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BytesJson {
    /// UTF-8 text.
    #[schema(example = json!({"text": "{\"source\":\"host\"}"}))]
    Text(String),
    /// Base64 (RFC 4648, with padding), if they are not UTF-8.
    #[schema(example = json!({"base64": "/wA="}))]
    Base64(String),
}

/// A header of a record; names may repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeaderJson {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

impl DeadLetterJson {
    /// The dead letter with this `id`.
    pub fn new(id: String, letter: &DeadLetter<'_>) -> Self {
        let header =
            |(name, value): &(String, String)| HeaderJson { name: name.clone(), value: value.clone() };
        let (truncated, unreadable_until) = match letter.incomplete() {
            None => (None, None),
            Some(Incomplete::Cut(cut)) => (Some(cut.into()), None),
            Some(Incomplete::Unreadable(Unreadable { next, .. })) => (None, Some(next)),
        };
        Self {
            id,
            reason: letter.reason.to_owned(),
            rejected_by: letter.rejected_by.to_owned(),
            rejected_at: letter.rejected_at.to_string(),
            topic: letter.origin.topic.name().to_owned(),
            partition: letter.origin.partition,
            offset: letter.offset,
            key: letter.record.key.into(),
            value: letter.record.value.into(),
            headers: letter.original_headers().map(header).collect(),
            truncated,
            unreadable_until,
        }
    }
}

impl From<Cut> for TruncatedJson {
    fn from(cut: Cut) -> Self {
        Self {
            size_bytes: cut.value_bytes,
            sha256: HEXLOWER.encode(&cut.value_sha256),
            key_size_bytes: cut.key_bytes,
            headers_left_out: cut.headers_left_out,
        }
    }
}

impl From<&[u8]> for BytesJson {
    fn from(bytes: &[u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(BASE64.encode(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Timestamp;
    use watchkeeper_ports::{Record, Topic, TopicPartition};

    #[test]
    fn a_letter_that_is_no_text_is_shown_to_the_last_byte() {
        let headers = [("trace".to_owned(), "1".to_owned())];
        let letter = DeadLetter {
            reason: "sample: is not UTF-8 from byte 1 on",
            rejected_by: "persister",
            rejected_at: Timestamp::MIN,
            origin: TopicPartition::new(Topic::METRICS, 3),
            offset: 42,
            record: Record { key: b"k", value: b"v\xff", headers: &headers, incomplete: None },
        };
        let shown =
            serde_json::to_string(&DeadLetterJson::new("metrics.dead-0-7".to_owned(), &letter)).unwrap();
        assert_eq!(
            shown,
            concat!(
                r#"{"id":"metrics.dead-0-7","reason":"sample: is not UTF-8 from byte 1 on","rejected_by":"persister","#,
                r#""rejected_at":"1970-01-01T00:00:00Z","topic":"metrics","partition":3,"offset":42,"#,
                r#""key":{"text":"k"},"value":{"base64":"dv8="},"headers":[{"name":"trace","value":"1"}]}"#
            )
        );
    }

    #[test]
    fn a_letter_that_has_only_the_head_of_its_record_says_so() {
        let headers = [
            ("watchkeeper.size-bytes", "2097152"),
            ("watchkeeper.sha256", "00000000000000000000000000000000000000000000000000000000000000ff"),
            ("watchkeeper.key-size-bytes", "1"),
            ("watchkeeper.headers-left-out", "3"),
            ("watchkeeper.header-bytes-left-out", "900"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let letter = DeadLetter {
            reason: "record: key and value have 2097153 bytes, the limit is 1048576",
            rejected_by: "persister",
            rejected_at: Timestamp::MIN,
            origin: TopicPartition::new(Topic::METRICS, 3),
            offset: 42,
            record: Record { key: b"k", value: b"v", headers: &headers, incomplete: None },
        };
        let json = DeadLetterJson::new("metrics.dead-0-7".to_owned(), &letter);
        let shown = serde_json::to_string(&json.truncated).unwrap();
        assert_eq!(
            shown,
            concat!(
                r#"{"size_bytes":2097152,"sha256":"00000000000000000000000000000000000000000000000000000000000000ff","#,
                r#""key_size_bytes":1,"headers_left_out":3}"#
            )
        );
        assert_eq!((json.headers, json.unreadable_until), (Vec::new(), None));
    }
}
