//! Dead letters.

use crate::dead_letter::DeadLetter;
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchkeeper_ports::{Cut, Incomplete, Unreadable};

/// A rejected record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterJson {
    /// What it is called when it is asked for or replayed.
    #[schema(example = "metrics.dead-0-42")]
    pub id: String,
    /// Why it was rejected.
    #[schema(example = "value: must be a number, is a string")]
    pub reason: String,
    /// Which role rejected it.
    #[schema(example = "persister")]
    pub rejected_by: String,
    /// When.
    #[schema(example = "2026-11-20T10:00:00.123Z", format = DateTime)]
    pub rejected_at: String,
    /// The topic it was on.
    #[schema(example = "metrics")]
    pub topic: String,
    /// Its partition there.
    pub partition: u32,
    /// Its offset there.
    pub offset: u64,
    /// Its key.
    pub key: BytesJson,
    /// Its value.
    pub value: BytesJson,
    /// Its own headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderJson>,
    /// There only if the record is too large for a letter: key, value and headers are its head then. The whole record
    /// lies at its position for as long as its topic keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<TruncatedJson>,
    /// There only if nothing of the record can be read, nor of those behind it on its topic: the offset after the
    /// last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable_until: Option<u64>,
}

/// What a record was before it was cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TruncatedJson {
    /// Bytes of its whole value.
    #[schema(example = 2_097_152)]
    pub size_bytes: u64,
    /// SHA-256 of its whole value, in hexadecimal.
    #[schema(example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub sha256: String,
    /// Bytes of its whole key.
    pub key_size_bytes: u64,
    /// How many of its headers were left out.
    pub headers_left_out: u64,
}

/// A page of rejected records, those of one partition in the order they were rejected in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterList {
    /// Those that wait to be replayed.
    pub dead_letters: Vec<DeadLetterJson>,
    /// How many wait, on this page and on all others.
    #[serde(default)]
    pub waiting: u64,
    /// How many of them no page lists, because there are too many; they are listed once others wait no more. Left
    /// out when all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<u64>,
    /// Asks for the next page; left out on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page: Option<String>,
}

impl DeadLetterList {
    /// What the type of a problem ends with that says that it is not known yet which letters wait.
    pub const BEING_READ: &str = "dead-letters-being-read";
}

/// Bytes to the last one: as text if they are UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BytesJson {
    /// The text that they are.
    #[schema(example = json!({"text": "{\"source\":\"host\"}"}))]
    Text(String),
    /// In base64 (RFC 4648, with padding), because they are no text.
    #[schema(example = json!({"base64": "/wA="}))]
    Base64(String),
}

/// A header of a record; a name may come more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeaderJson {
    /// Its name.
    pub name: String,
    /// What it says.
    pub value: String,
}

impl DeadLetterJson {
    /// The letter that is called `id`.
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
