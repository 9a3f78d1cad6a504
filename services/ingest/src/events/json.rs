//! Events as JSON.

use super::Events;
use super::pieces::{Line, Pieces};
use crate::config::IngestConfig;
use crate::decode::{Decoded, refuse_empty, whole};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use watchkeeper_domain::event::{CHANGED, Draft};
use watchkeeper_domain::{Event, Timestamp, Violation};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::body::{BodyFormat, Place, for_each_value};
use watchkeeper_wire::event::{MAX_SENT_BYTES, read_written};

/// In place of bytes that are not UTF-8.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Decodes a body of objects, and of strings, which are lines.
pub(super) fn decode(
    events: &Events,
    body: &[u8],
    format: BodyFormat,
    config: &IngestConfig,
    now: Timestamp,
) -> Result<Decoded, Problem> {
    refuse_empty::<Events>(body)?;
    let text = String::from_utf8_lossy(body);
    let is_lossy = matches!(text, Cow::Owned(_));
    let (mut arriving, mut pieces) = (events.arriving(config, now), Pieces::default());
    let mut count = 0;
    let each = |place: Place, item: &str| {
        count = place.index + 1;
        match draft(place.index, item, &mut pieces) {
            Ok(None) => arriving.take_piece(),
            Ok(Some(mut draft)) => {
                if is_lossy && item.contains(REPLACEMENT) {
                    draft.marks.push(CHANGED);
                }
                arriving.take(place.index, Ok(draft), OnLine(place.line));
            }
            Err(violation) => arriving.take(place.index, Err(violation), OnLine(place.line)),
        }
    };
    for_each_value(&text, format, config.max_items, each).map_err(whole)?;
    for line in pieces.finish() {
        arriving.take_rest(count.saturating_sub(1), of_line(line));
    }
    arriving.finish()
}

/// ` (line 3)`, where there are lines.
struct OnLine(Option<usize>);

impl fmt::Display for OnLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |line| write!(f, " (line {line})"))
    }
}

/// `None` if the item is a piece of a line that goes on.
fn draft(index: usize, item: &str, pieces: &mut Pieces) -> Result<Option<Draft>, Violation> {
    let wrong = |reason: String| Err(Violation::new("event", reason));
    if item.len() > MAX_SENT_BYTES {
        return wrong(format!("has {} bytes, the limit is {MAX_SENT_BYTES}", item.len()));
    }
    if let Some(event) = read_written(item.as_bytes()) {
        return Ok(Some(of_event(event)));
    }
    let found = match serde_json::from_str(item) {
        Ok(Value::Object(fields)) => return Ok(pieces.take(index, fields).map(of_line)),
        Ok(Value::String(line)) => return Ok(Some(Draft::of_line(line.trim_end_matches(['\r', '\n'])))),
        Ok(Value::Array(_)) => "an array",
        Ok(Value::Number(_)) => "a number",
        Ok(Value::Bool(_)) => "true or false",
        Ok(Value::Null) => "null",
        Err(error) => {
            // Its line would be that of the item.
            let (error, column) = (error.to_string(), error.column());
            let what = error.split(" at line ").next().unwrap_or_default();
            return wrong(format!("is not valid JSON: {what} at byte {column}"));
        }
    };
    wrong(format!("must be an object or a string, is {found}"))
}

fn of_line(Line { fields, mark }: Line) -> Draft {
    let mut draft = Draft::of_object(fields);
    draft.marks.extend(mark);
    draft
}

/// What another Watchkeeper has written, and sends on.
fn of_event(event: Event) -> Draft {
    let Event { id, occurred_at, level, service, host, message, fields } = event;
    Draft {
        id: Some(id),
        occurred_at: Some(occurred_at),
        sent_again_at: None,
        level,
        service,
        host,
        message,
        fields,
        marks: Vec::new(),
    }
}
