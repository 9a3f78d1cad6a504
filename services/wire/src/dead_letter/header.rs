//! The names of our headers, and how they are read.

use crate::moved_from::MOVED_FROM;
use std::str::FromStr;
use watchkeeper_domain::Violation;
use watchkeeper_ports::{Header, Record};

/// Why the record was rejected.
pub const REASON: &str = "watchkeeper.reason";
/// Which role rejected it.
pub const REJECTED_BY: &str = "watchkeeper.rejected-by";
/// When, RFC 3339.
pub const REJECTED_AT: &str = "watchkeeper.rejected-at";
/// The topic it was on.
pub const TOPIC: &str = "watchkeeper.topic";
/// Its partition there.
pub const PARTITION: &str = "watchkeeper.partition";
/// Its offset there.
pub const OFFSET: &str = "watchkeeper.offset";
/// Bytes of its whole value. This and the next ones are there only if the record is larger than a letter can be:
/// key, value and headers are its head then.
pub const SIZE_BYTES: &str = "watchkeeper.size-bytes";
/// SHA-256 of its whole value, in hexadecimal.
pub const SHA256: &str = "watchkeeper.sha256";
/// Bytes of its whole key.
pub const KEY_SIZE_BYTES: &str = "watchkeeper.key-size-bytes";
/// How many of its headers were left out.
pub const HEADERS_LEFT_OUT: &str = "watchkeeper.headers-left-out";
/// How many bytes these count.
pub const HEADER_BYTES_LEFT_OUT: &str = "watchkeeper.header-bytes-left-out";
/// On a letter about records that nobody can read: the offset after the last of them.
pub const UNREADABLE_UNTIL: &str = "watchkeeper.unreadable-until";
/// On a marker: where on this topic the letter lies that was replayed, `partition/offset`.
pub const REPLAYED: &str = "watchkeeper.replayed";
/// On a marker: likewise, of a letter that was discarded.
pub const DISCARDED: &str = "watchkeeper.discarded";
/// On a replayed record: the letter it was, `topic/partition/offset`.
pub const REPLAYED_FROM: &str = "watchkeeper.replayed-from";

/// The headers that speak about a letter on the dead-letter topic, or where a record lies, and are no part of it.
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

/// Whether a header speaks about a letter, or where a record lies.
pub(super) fn is_about_letter(header: &Header) -> bool {
    ABOUT_A_LETTER.contains(&header.0.as_str())
}

/// The text of a header that must be there.
pub(super) fn required<'a>(record: &Record<'a>, name: &str) -> Result<&'a str, Violation> {
    record.header(name).ok_or_else(|| Violation::new(name, "is missing"))
}

/// A header that must be there and be `what`.
pub(super) fn parsed<T: FromStr>(record: &Record<'_>, name: &str, what: &str) -> Result<T, Violation> {
    let text = required(record, name)?;
    text.parse().map_err(|_| Violation::new(name, format!("must be {what}")))
}
