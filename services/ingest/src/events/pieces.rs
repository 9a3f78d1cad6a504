//! Joins the pieces of long lines of containers.
//!
//! Docker's driver `json-file` writes an object `{"log":"text\n","stream":"stdout","time":"…"}` for each line, and cuts a line
//! into pieces of 16 KiB: all but the last have no LF at the end of `log`. Pieces of several streams and containers may be
//! mixed.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use watchkeeper_domain::event::{CUT, Fields, MAX_MESSAGE_BYTES};

/// Most lines of one body of which only some pieces have come. Pieces of further ones are events of their own.
pub(super) const MAX_OPEN: usize = 64;
/// The mark of an event that is a part of a line.
pub(super) const PIECE: &str = "piece";

const LOG: &str = "log";
const STREAM: &str = "stream";
const TIME: &str = "time";

/// A line, or a part of one.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    /// The object of its first piece, with the whole text, without the LF.
    pub(super) fields: Fields,
    /// What is to be marked.
    pub(super) mark: Option<&'static str>,
}

/// Lines of one body that are not complete yet.
#[derive(Default)]
pub(super) struct Pieces {
    /// By what pieces of one line have in common.
    open: HashMap<String, Open>,
}

struct Open {
    /// The index of its first piece in the body.
    first: usize,
    line: Line,
}

impl Pieces {
    /// Takes the item with this index. Returns the line that it completes, or that it is, whatever it is; `None` if it is a piece
    /// of a line that goes on.
    pub(super) fn take(&mut self, index: usize, mut fields: Fields) -> Option<Line> {
        let Some(piece) = Piece::of(&fields) else { return Some(Line { fields, mark: None }) };
        let Piece { key, is_last } = piece;
        let text = match fields.get_mut(LOG) {
            Some(Value::String(text)) => std::mem::take(text),
            _ => String::new(),
        };
        let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.trim_end_matches('\r'));
        let before = self.open.remove(&key);
        if before.is_none() && !is_last && self.open.len() >= MAX_OPEN {
            fields.insert(LOG.to_owned(), text.into());
            return Some(Line { fields, mark: Some(PIECE) });
        }
        let Open { first, mut line } =
            before.unwrap_or(Open { first: index, line: Line { fields, mark: None } });
        line.push(text);
        if is_last {
            return Some(line);
        }
        self.open.insert(key, Open { first, line });
        None
    }

    /// The lines of which the last piece has not come, in the order of their first ones.
    pub(super) fn finish(self) -> Vec<Line> {
        let mut open: Vec<_> = self.open.into_values().collect();
        open.sort_unstable_by_key(|open| open.first);
        open.into_iter().map(|Open { line, .. }| Line { mark: line.mark.or(Some(PIECE)), ..line }).collect()
    }
}

impl Line {
    fn push(&mut self, text: &str) {
        let Some(Value::String(line)) = self.fields.get_mut(LOG) else { return };
        if line.len() > MAX_MESSAGE_BYTES {
            self.mark = Some(CUT);
        } else {
            // What is too long is cut when the event is made storable, and marked.
            line.push_str(text);
        }
    }
}

/// What is known of an object of Docker's driver.
struct Piece {
    key: String,
    is_last: bool,
}

impl Piece {
    /// `None` if the object is not one.
    fn of(fields: &Fields) -> Option<Self> {
        let Some(Value::String(log)) = fields.get(LOG) else { return None };
        let is_of_docker = matches!(fields.get(STREAM), Some(Value::String(stream)) if stream == "stdout" || stream == "stderr");
        if !is_of_docker {
            return None;
        }
        let common: BTreeMap<_, _> =
            fields.iter().filter(|(name, _)| !matches!(name.as_str(), LOG | TIME)).collect();
        Some(Self { key: serde_json::to_string(&common).ok()?, is_last: log.ends_with('\n') })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(log: &str, stream: &str, container: &str) -> Fields {
        let value =
            json!({"log": log, "stream": stream, "container_id": container, "time": "2026-11-29T10:00:00Z"});
        let Value::Object(fields) = value else { panic!("it is an object") };
        fields
    }

    fn text(line: &Line) -> &str {
        line.fields[LOG].as_str().unwrap()
    }

    #[test]
    fn pieces_are_joined_and_other_streams_and_containers_in_between_do_not_mix() {
        let mut pieces = Pieces::default();
        let items = [
            ("{\"msg\":\"a", "stdout", "1"),
            ("other", "stdout", "2"),
            ("error\r\n", "stderr", "1"),
            ("b\"}\n", "stdout", "1"),
            (" line\n", "stdout", "2"),
        ];
        let lines = items.into_iter().enumerate();
        let lines =
            lines.filter_map(|(index, (log, stream, id))| pieces.take(index, object(log, stream, id)));
        let lines: Vec<_> = lines.map(|line| text(&line).to_owned()).collect();
        assert_eq!(lines, ["error", "{\"msg\":\"ab\"}", "other line"]);
        assert_eq!(pieces.finish(), []);
    }

    #[test]
    fn a_line_whose_last_piece_does_not_come_is_kept_and_marked() {
        let mut pieces = Pieces::default();
        assert_eq!(pieces.take(0, object("a", "stdout", "1")), None);
        assert_eq!(pieces.take(1, object("b", "stdout", "1")), None);
        let [line] = &pieces.finish()[..] else { panic!("one line") };
        assert_eq!((text(line), line.mark), ("ab", Some(PIECE)));
    }

    #[test]
    fn other_objects_are_as_they_are() {
        let mut pieces = Pieces::default();
        for value in
            [json!({"log": "a"}), json!({"log": 1, "stream": "stdout"}), json!({"log": "a", "stream": "x"})]
        {
            let Value::Object(fields) = value else { panic!("it is an object") };
            let line = pieces.take(0, fields.clone()).unwrap();
            assert_eq!((line.fields, line.mark), (fields, None));
        }
    }

    #[test]
    fn lines_that_are_open_are_limited_in_number_and_size() {
        let mut pieces = Pieces::default();
        for number in 0..MAX_OPEN {
            assert_eq!(pieces.take(number, object("a", "stdout", &number.to_string())), None);
        }
        let over = pieces.take(MAX_OPEN, object("b", "stdout", "over")).unwrap();
        assert_eq!((text(&over), over.mark), ("b", Some(PIECE)));
        for _ in 0..3 {
            assert_eq!(pieces.take(99, object(&"x".repeat(MAX_MESSAGE_BYTES), "stdout", "0")), None);
        }
        let line = pieces.take(99, object("end\n", "stdout", "0")).unwrap();
        assert!(text(&line).len() < 2 * MAX_MESSAGE_BYTES + 2, "{}", text(&line).len());
        assert_eq!(line.mark, Some(CUT));
    }
}
