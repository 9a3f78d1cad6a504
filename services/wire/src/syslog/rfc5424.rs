//! `1 2026-11-29T10:00:00Z web-1 shop 77 ID [sd] message`.

use super::{MSGID, PROCID, STRUCTURED_DATA, given, insert_given, structured_data};
use serde_json::Value;
use watchkeeper_domain::event::{Draft, Fields, NO_TIME};

/// The field with a time that could not be read.
const TIMESTAMP: &str = "timestamp";

/// Reads what follows the priority; `None` if it has no header of this form. Structured data that cannot be read stays in
/// the message.
pub(super) fn read(text: &str) -> Option<Draft> {
    let rest = text.strip_prefix("1 ")?;
    let (time, rest) = rest.split_once(' ')?;
    if !looks_like_a_time(time) {
        return None;
    }
    let (host, rest) = rest.split_once(' ')?;
    let (app, rest) = rest.split_once(' ')?;
    let (procid, rest) = rest.split_once(' ')?;
    let (msgid, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let (elements, message) = structured_data::split(rest).unwrap_or((Fields::new(), rest));
    let part = |value| given(value).unwrap_or_default().to_owned();
    let mut draft = Draft {
        occurred_at: given(time).and_then(|time| time.parse().ok()),
        host: part(host),
        service: part(app),
        message: without_blank(message).to_owned(),
        ..Draft::default()
    };
    if draft.occurred_at.is_none() && given(time).is_some() {
        draft.marks.push(NO_TIME);
        insert_given(&mut draft.fields, TIMESTAMP, time);
    }
    insert_given(&mut draft.fields, PROCID, procid);
    insert_given(&mut draft.fields, MSGID, msgid);
    if !elements.is_empty() {
        draft.fields.insert(STRUCTURED_DATA.to_owned(), Value::Object(elements));
    }
    Some(draft)
}

/// The text after the blank that separates it, and after a second one, which rsyslog forwards from messages of RFC 3164.
/// A text that is indented further stays so.
fn without_blank(text: &str) -> &str {
    let text = text.strip_prefix(' ').unwrap_or(text);
    text.strip_prefix(' ').filter(|rest| !rest.starts_with(' ')).unwrap_or(text)
}

/// A year and a hyphen, or no time: a message of RFC 3164 may begin with `1 ` too.
fn looks_like_a_time(text: &str) -> bool {
    let (year, rest) = text.as_bytes().split_at_checked(4).unwrap_or_default();
    text == "-" || (year.iter().all(u8::is_ascii_digit) && rest.starts_with(b"-"))
}
