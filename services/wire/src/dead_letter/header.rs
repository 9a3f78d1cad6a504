//! Header names, and reading them.

use crate::moved_from::MOVED_FROM;
use std::str::FromStr;
use watchkeeper_domain::Violation;
use watchkeeper_ports::{Header, Record};

/// Why the record was rejected.
pub const REASON: &str = "watchkeeper.reason";
/// The role that rejected it.
pub const REJECTED_BY: &str = "watchkeeper.rejected-by";
/// When it was rejected, RFC 3339.
pub const REJECTED_AT: &str = "watchkeeper.rejected-at";
/// Topic of the record.
pub const TOPIC: &str = "watchkeeper.topic";
/// Partition of the record.
pub const PARTITION: &str = "watchkeeper.partition";
/// Offset of the record.
pub const OFFSET: &str = "watchkeeper.offset";
/// Size of the complete value in bytes. This and the next ones are present only if the record is too large for a dead
/// letter, which then has only the start of key, value and headers.
pub const SIZE_BYTES: &str = "watchkeeper.size-bytes";
/// SHA-256 of the complete value, in hexadecimal.
pub const SHA256: &str = "watchkeeper.sha256";
/// Size of the complete key in bytes.
pub const KEY_SIZE_BYTES: &str = "watchkeeper.key-size-bytes";
/// Number of omitted headers.
pub const HEADERS_LEFT_OUT: &str = "watchkeeper.headers-left-out";
/// Size of the omitted headers in bytes.
pub const HEADER_BYTES_LEFT_OUT: &str = "watchkeeper.header-bytes-left-out";
/// On a dead letter for unreadable records: the offset after the last of them.
pub const UNREADABLE_UNTIL: &str = "watchkeeper.unreadable-until";
/// On a marker: the replayed dead letter on this topic, `partition/offset`.
pub const REPLAYED: &str = "watchkeeper.replayed";
/// On a marker: the discarded dead letter on this topic, `partition/offset`.
pub const DISCARDED: &str = "watchkeeper.discarded";
/// On a replayed record: its dead letter, `topic/partition/offset`.
pub const REPLAYED_FROM: &str = "watchkeeper.replayed-from";

/// The headers about a dead letter or about the location of a record, which are not part of the original record.
const ABOUT_A_LETTER: [&str; 15] = [
    REASON,
    REJECTED_BY,
    REJECTED_AT,
    TOPIC,
    PARTITION,
    OFFSET,
    SIZE_BYTES,
    SHA256,
    KEY_SIZE_BYTES,
    HEADERS_LEFT_OUT,
    HEADER_BYTES_LEFT_OUT,
    UNREADABLE_UNTIL,
    REPLAYED,
    DISCARDED,
    MOVED_FROM,
];

/// Whether a header is about a dead letter or the location of a record.
pub(super) fn is_about_letter(header: &Header) -> bool {
    ABOUT_A_LETTER.contains(&header.0.as_str())
}

/// The text of a required header.
pub(super) fn required<'a>(record: &Record<'a>, name: &str) -> Result<&'a str, Violation> {
    record.header(name).ok_or_else(|| Violation::new(name, "is missing"))
}

/// Parses a required header; `what` describes valid values.
pub(super) fn parsed<T: FromStr>(record: &Record<'_>, name: &str, what: &str) -> Result<T, Violation> {
    let text = required(record, name)?;
    text.parse().map_err(|_| Violation::new(name, format!("must be {what}")))
}
