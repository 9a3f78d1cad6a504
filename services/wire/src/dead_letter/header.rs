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
/// On a marker: where on this topic the letter lies that was replayed, `partition/offset`.
pub const REPLAYED: &str = "watchkeeper.replayed";
/// On a marker: likewise, of a letter that was discarded.
pub const DISCARDED: &str = "watchkeeper.discarded";
/// On a replayed record: the letter it was, `topic/partition/offset`.
pub const REPLAYED_FROM: &str = "watchkeeper.replayed-from";

/// Whether a header speaks about a letter on the dead-letter topic, or where a record lies, and is no part of it.
pub(super) fn is_about_letter(header: &Header) -> bool {
    [REASON, REJECTED_BY, REJECTED_AT, TOPIC, PARTITION, OFFSET, REPLAYED, DISCARDED, MOVED_FROM]
        .contains(&header.0.as_str())
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
