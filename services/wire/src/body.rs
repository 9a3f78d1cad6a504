//! The items of an HTTP body.

mod values;

pub use values::{Place, for_each_value};

use crate::Malformed;
use serde::Deserializer as _;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::fmt;

/// The format of a body, by content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    /// One JSON array of items, or a single item.
    Json,
    /// One item per line; empty lines are skipped.
    NdJson,
}

/// Why a whole body is refused.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Not UTF-8, and not an array whose items could be checked one by one.
    #[error("the body is not UTF-8 from byte {from_byte} on")]
    NotUtf8 {
        /// Number of valid bytes.
        from_byte: usize,
    },
    /// Not JSON; the message has line and column.
    #[error("the body is not valid JSON: {0}")]
    Syntax(serde_json::Error),
    /// Not protobuf, where that was announced.
    #[error("the body is not valid protobuf: {0}")]
    Protobuf(#[from] Malformed),
    /// More items than the limit.
    #[error("the body has more than {limit} items, which is the limit")]
    TooManyItems {
        /// The limit.
        limit: usize,
    },
}

/// An item that is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not UTF-8 from byte {from_byte} on")]
pub struct NotUtf8 {
    /// Number of valid bytes of the item.
    pub from_byte: usize,
}

/// The text of an item, or why it is not text.
pub type Item<'a> = Result<&'a str, NotUtf8>;

/// Calls `each` for every item of a body, with its index from 0 and its text, and returns the number of items. Copies
/// nothing unless the body is not UTF-8; then only the items with invalid bytes have no text. `each` validates the
/// items: lines of [`BodyFormat::NdJson`] may not even be JSON.
///
/// # Errors
/// Refuses the whole body, possibly after `each` has been called for some items: if it has more than `max_items`, or
/// is not valid JSON.
pub fn for_each_item<'a>(
    body: &'a [u8],
    format: BodyFormat,
    max_items: usize,
    mut each: impl FnMut(usize, Item<'a>),
) -> Result<usize, BodyError> {
    let not_utf8 = match str::from_utf8(body) {
        Ok(text) => return for_each_text(text, format, max_items, |index, item| each(index, Ok(item))),
        Err(error) => BodyError::NotUtf8 { from_byte: error.valid_up_to() },
    };
    let stand_in = with_bad_bytes_replaced(body);
    let start = stand_in.as_ptr().addr();
    let counted = for_each_text(&stand_in, format, max_items, |index, item| {
        let from = item.as_ptr().addr() - start;
        let bytes = &body[from..from + item.len()];
        each(index, str::from_utf8(bytes).map_err(|error| NotUtf8 { from_byte: error.valid_up_to() }));
    });
    counted.map_err(|error| match error {
        // Most likely caused by the replaced bytes.
        BodyError::Syntax(_) => not_utf8,
        error => error,
    })
}

/// The body as text of the same length, so that items have the same byte ranges in both.
fn with_bad_bytes_replaced(body: &[u8]) -> String {
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

pub(crate) fn for_each_text<'a>(
    text: &'a str,
    format: BodyFormat,
    max_items: usize,
    each: impl FnMut(usize, &'a str),
) -> Result<usize, BodyError> {
    let mut items = Items { each, count: 0, limit: max_items };
    match format {
        BodyFormat::NdJson => items.take_lines(text)?,
        BodyFormat::Json if text.trim_ascii_start().starts_with('[') => items.take_array(text)?,
        BodyFormat::Json => items.take_single(text)?,
    }
    Ok(items.count)
}

struct Items<F> {
    each: F,
    count: usize,
    limit: usize,
}

impl<F> Items<F> {
    fn take_one<I>(&mut self, item: I) -> Result<(), BodyError>
    where
        F: FnMut(usize, I),
    {
        if self.count >= self.limit {
            return Err(BodyError::TooManyItems { limit: self.limit });
        }
        (self.each)(self.count, item);
        self.count += 1;
        Ok(())
    }
}

impl<'a, F: FnMut(usize, &'a str)> Items<F> {
    fn take(&mut self, item: &'a str) -> Result<(), BodyError> {
        self.take_one(item)
    }

    fn take_lines(&mut self, text: &'a str) -> Result<(), BodyError> {
        text.lines().filter(|line| !line.trim_ascii().is_empty()).try_for_each(|line| self.take(line))
    }

    fn take_single(&mut self, text: &'a str) -> Result<(), BodyError> {
        let item: &RawValue = serde_json::from_str(text).map_err(BodyError::Syntax)?;
        self.take(item.get())
    }

    fn take_array(&mut self, text: &'a str) -> Result<(), BodyError> {
        let limit = self.limit;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let end = deserializer.deserialize_seq(self).and_then(|()| deserializer.end());
        end.map_err(|error| match error.classify() {
            // The only error that the visitor returns.
            Category::Data => BodyError::TooManyItems { limit },
            _ => BodyError::Syntax(error),
        })
    }
}

impl<'de, F: FnMut(usize, &'de str)> Visitor<'de> for &mut Items<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(item) = seq.next_element::<&RawValue>()? {
            self.take(item.get()).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items(body: &[u8], format: BodyFormat, max: usize) -> Result<Vec<&str>, String> {
        let mut items = Vec::new();
        let count = for_each_item(body, format, max, |index, item| {
            assert_eq!(index, items.len());
            items.push(item.expect("the body is text"));
        });
        assert_eq!(count.map_err(|error| error.to_string())?, items.len());
        Ok(items)
    }

    fn json(body: &str) -> Result<Vec<&str>, String> {
        items(body.as_bytes(), BodyFormat::Json, 3)
    }

    fn lines(body: &str) -> Result<Vec<&str>, String> {
        items(body.as_bytes(), BodyFormat::NdJson, 3)
    }

    #[test]
    fn an_array_gives_its_items_and_any_other_value_is_one_item() {
        assert_eq!(json(" [ {\"a\": 1} ,2, [3]\n] ").unwrap(), ["{\"a\": 1}", "2", "[3]"]);
        assert_eq!(json("[]").unwrap(), [""; 0]);
        assert_eq!(json("\n{\"a\":\n1}\n").unwrap(), ["{\"a\":\n1}"]);
        assert_eq!(json("5").unwrap(), ["5"]);
    }

    #[test]
    fn every_line_that_is_not_empty_is_an_item_valid_or_not() {
        assert_eq!(lines("{\"a\":1}\r\n\n \t\n{oops\n[]").unwrap(), ["{\"a\":1}", "{oops", "[]"]);
        assert_eq!(lines("1\n").unwrap(), ["1"]);
        assert_eq!(lines("").unwrap(), [""; 0]);
    }

    #[test]
    fn one_item_past_the_limit_is_refused_before_it_is_handed_out() {
        assert_eq!(json("[1,2,3]").unwrap().len(), 3);
        assert_eq!(lines("1\n2\n3").unwrap().len(), 3);
        let too_many = "the body has more than 3 items, which is the limit";
        assert_eq!(json("[1,2,3,4,broken").unwrap_err(), too_many);
        assert_eq!(lines("1\n2\n3\n4").unwrap_err(), too_many);
        let mut seen = 0;
        for_each_item(b"[1,2,3,4,5]", BodyFormat::Json, 3, |_, _| seen += 1).unwrap_err();
        assert_eq!(seen, 3);
    }

    #[test]
    fn a_broken_array_is_refused_with_line_and_column() {
        let refused = |body| json(body).unwrap_err();
        assert_eq!(
            refused("[1,\n2;3]"),
            "the body is not valid JSON: expected `,` or `]` at line 2 column 2"
        );
        assert_eq!(refused("[1]]"), "the body is not valid JSON: trailing characters at line 1 column 4");
        assert!(refused("[1").starts_with("the body is not valid JSON: EOF"));
        assert!(refused("").starts_with("the body is not valid JSON: EOF"));
        assert!(refused("{} {}").starts_with("the body is not valid JSON: trailing"));
    }

    /// The items of a body that is not UTF-8, each as its text or as what is wrong with it.
    fn judged(body: &[u8], format: BodyFormat) -> Result<Vec<String>, String> {
        let mut items = Vec::new();
        let each = |_, item: Item<'_>| {
            items.push(item.map_or_else(|error| error.to_string(), str::to_owned));
        };
        for_each_item(body, format, 3, each).map_err(|error| error.to_string())?;
        Ok(items)
    }

    #[test]
    fn only_the_items_that_are_not_utf8_have_no_text() {
        let bad = "is not UTF-8 from byte 2 on";
        let lines = judged(b"\"\xc3\xa4\"\n{\"\xff\xfe\"}\r\n\n2", BodyFormat::NdJson).unwrap();
        assert_eq!(lines, ["\"\u{e4}\"", bad, "2"]);
        let array = judged(b" [\"\xc3\xa4\", {\"\xff\":1} ,2]", BodyFormat::Json).unwrap();
        assert_eq!(array, ["\"\u{e4}\"", bad, "2"]);
        assert_eq!(judged(b"{\"\xc3\"}", BodyFormat::NdJson).unwrap(), [bad]);
        assert_eq!(judged(b"[\"a\xf0\x9f\"]", BodyFormat::Json).unwrap(), [bad]);
    }

    #[test]
    fn a_body_that_is_neither_text_nor_an_array_says_where() {
        for body in [&b"[1,\xff]"[..], b"[1\xc3,2]", b"\xff[1]", b"[\"\xff"] {
            let at = body.iter().position(|byte| *byte >= 0x80).unwrap();
            let error = judged(body, BodyFormat::Json).unwrap_err();
            assert_eq!(error, format!("the body is not UTF-8 from byte {at} on"));
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(json(&deep).unwrap().len(), 1);
        assert!(json(&"[".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..64)) {
            for format in [BodyFormat::Json, BodyFormat::NdJson] {
                let _ = judged(&body, format);
            }
        }

        #[test]
        fn a_bad_line_costs_no_other(line in prop::collection::vec(any::<u8>(), 0..20)) {
            prop_assume!(!line.contains(&b'\n'));
            let body = [b"1\n", &line[..], b"\n2"].concat();
            let found = judged(&body, BodyFormat::NdJson).unwrap();
            prop_assert_eq!((&*found[0], &**found.last().unwrap()), ("1", "2"));
        }

        #[test]
        fn items_come_out_as_they_went_in(numbers in prop::collection::vec(any::<i32>(), 0..20)) {
            let texts: Vec<String> = numbers.iter().map(|number| format!(r#"{{"n":{number}}}"#)).collect();
            let array = format!("[{}]", texts.join(" ,"));
            prop_assert_eq!(items(array.as_bytes(), BodyFormat::Json, 20).unwrap(), texts.clone());
            let lines = texts.join("\n\r\n");
            prop_assert_eq!(items(lines.as_bytes(), BodyFormat::NdJson, 20).unwrap(), texts);
        }
    }
}
