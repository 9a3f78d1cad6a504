//! Messages of syslog (RFC 5424 and RFC 3164), and how they are framed in a stream (RFC 6587).
//!
//! Reading never fails: a message that has no known form becomes an event of its whole text. Each message is read by its
//! own form, because senders mix them on one connection.

mod framing;
mod priority;
mod rfc3164;
mod rfc5424;
mod structured_data;

pub use framing::{Frame, Framer, MAX_COUNT_DIGITS};
pub use priority::facility_name;

use jiff::tz::TimeZone;
use priority::Priority;
use serde_json::Value;
use watchkeeper_domain::event::{CHANGED, Cleaned, Draft, Fields, clean_text};
use watchkeeper_domain::{Level, Timestamp};

/// The field with the name of the facility, such as `local7`.
pub const FACILITY: &str = "facility";
/// The field with the id of the process, as text: some senders write a name.
pub const PROCID: &str = "procid";
/// The field with the kind of the message.
pub const MSGID: &str = "msgid";
/// The field with the structured data: an object of objects.
pub const STRUCTURED_DATA: &str = "sd";

/// The byte order mark, with which RFC 5424 (6.4) says that the message is UTF-8. It is no part of the text.
const BOM: char = '\u{feff}';

/// Reads one message, without its framing.
///
/// `zone` is the one of senders that write no zone, and `arrived_at` decides the year for those that write none. Without
/// a time or a host the draft has none either: the host is then the address of the sender.
#[must_use]
pub fn read_syslog(message: &[u8], arrived_at: Timestamp, zone: &TimeZone) -> Draft {
    let Cleaned { text, is_changed } = clean_text(without_line_end(message));
    let mut draft = read_text(&text, arrived_at, zone);
    if is_changed {
        draft.marks.push(CHANGED);
    }
    draft
}

fn read_text(text: &str, arrived_at: Timestamp, zone: &TimeZone) -> Draft {
    let Some((priority, rest)) = Priority::split(text) else {
        // RFC 3164 (4.3.3) lets a relay make up `user.notice`. Nothing says that it is more than routine.
        return Draft { level: Level::Info, ..Draft::of_line(text) };
    };
    let draft = rfc5424::read(rest).or_else(|| rfc3164::read(rest, arrived_at, zone));
    let mut draft = draft.unwrap_or_else(|| Draft::of_line(rest));
    draft.level = priority.level;
    draft.fields.insert(FACILITY.to_owned(), priority.facility.into());
    if let Some(text) = draft.message.strip_prefix(BOM) {
        draft.message = text.to_owned();
        read_object(&mut draft);
    }
    draft
}

/// Reads a message that is a JSON object and that a mark says to be UTF-8, as JSON must be. What the header gave stays as
/// it is, so the severity is the one of the header. Other messages are left to pipelines.
fn read_object(draft: &mut Draft) {
    if !draft.message.starts_with('{') {
        return;
    }
    let Ok(object) = serde_json::from_str::<Fields>(&draft.message) else { return };
    if object.keys().any(|name| draft.fields.contains_key(name)) {
        return;
    }
    draft.fields.extend(object);
    draft.message.clear();
    draft.take_usual_names();
}

/// A line end or a NUL ends a message for some senders (RFC 3164, 4.1; RFC 5426, 3.1).
fn without_line_end(message: &[u8]) -> &[u8] {
    let message = message.strip_suffix(b"\0").unwrap_or(message);
    let message = message.strip_suffix(b"\n").unwrap_or(message);
    message.strip_suffix(b"\r").unwrap_or(message)
}

/// Adds a field, unless the value says that there is none (`-`).
fn insert_given(fields: &mut Fields, name: &str, value: &str) {
    if let Some(value) = given(value) {
        fields.insert(name.to_owned(), Value::String(value.to_owned()));
    }
}

/// The value, unless it says that there is none.
fn given(value: &str) -> Option<&str> {
    Some(value).filter(|value| !matches!(*value, "-" | ""))
}

#[cfg(test)]
mod tests;
