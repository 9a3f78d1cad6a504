//! JSON values one after another, as people send them.

use super::{BodyError, BodyFormat, Items};
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// Where an item of a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its index, from 0.
    pub index: usize,
    /// Its line, from 1; `None` in an array, which need not have lines.
    pub line: Option<usize>,
}

/// Calls `each` for every item of a body, with its place and its text, and returns the number of items.
///
/// Unlike [`for_each_item`](super::for_each_item) it takes several values on a line, and lines after a single value, whatever
/// the content type says: programs send both. The rest of a line from a broken value on is one item, for `each` to
/// refuse. Blank lines are none.
///
/// # Errors
/// Refuses the whole body, possibly after `each` has been called for some items: if it has more than `max_items`, or
/// is an array, or begins with a value of several lines, that is not valid JSON.
pub fn for_each_value<'a>(
    text: &'a str,
    format: BodyFormat,
    max_items: usize,
    mut each: impl FnMut(Place, &'a str),
) -> Result<usize, BodyError> {
    let is_array = format == BodyFormat::Json && text.trim_ascii_start().starts_with('[');
    if is_array {
        return super::for_each_text(text, format, max_items, |index, item| {
            each(Place { index, line: None }, item);
        });
    }
    let (mut line, mut rest) = (1, text);
    let mut items =
        Items { each: |index, (line, item)| each(Place { index, line }, item), count: 0, limit: max_items };
    if format == BodyFormat::Json {
        let (first, behind) = first_value(text)?;
        if !first.is_empty() {
            items.take_one((Some(1), first))?;
        }
        line += text[..text.len() - behind.len()].matches('\n').count();
        rest = behind;
    }
    for (number, text) in (line..).zip(rest.lines()) {
        let mut rest = text.trim_ascii();
        while !rest.is_empty() {
            let (value, behind) = first_value(rest).unwrap_or((rest, ""));
            items.take_one((Some(number), value))?;
            rest = behind.trim_ascii_start();
        }
    }
    Ok(items.count)
}

/// The first JSON value of a text, and what follows it.
fn first_value(text: &str) -> Result<(&str, &str), BodyError> {
    let mut values = Deserializer::from_str(text).into_iter::<&RawValue>();
    match values.next() {
        Some(Ok(value)) => Ok((value.get(), &text[values.byte_offset()..])),
        Some(Err(error)) => Err(BodyError::Syntax(error)),
        None => Ok(("", "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAX: usize = 4;

    fn values(text: &str, format: BodyFormat) -> Result<Vec<(Option<usize>, &str)>, String> {
        let mut values = Vec::new();
        let count = for_each_value(text, format, MAX, |place, value| {
            assert_eq!(place.index, values.len());
            values.push((place.line, value));
        });
        assert_eq!(count.map_err(|error| error.to_string())?, values.len());
        Ok(values)
    }

    #[test]
    fn every_value_of_a_line_is_an_item_and_blank_lines_are_none() {
        let lines = values("{\"a\":1}{\"a\":2}\n\n \t\r\n{\"a\":3}\r\n{\"a\":", BodyFormat::NdJson).unwrap();
        assert_eq!(
            lines,
            [(Some(1), "{\"a\":1}"), (Some(1), "{\"a\":2}"), (Some(4), "{\"a\":3}"), (Some(5), "{\"a\":")]
        );
        assert_eq!(values("\"x\" 5", BodyFormat::NdJson).unwrap(), [(Some(1), "\"x\""), (Some(1), "5")]);
        assert_eq!(values("", BodyFormat::NdJson).unwrap(), []);
    }

    #[test]
    fn a_broken_value_ends_at_its_line() {
        let lines = values("1 {oops} 2\n[1,\n3", BodyFormat::NdJson).unwrap();
        assert_eq!(lines, [(Some(1), "1"), (Some(1), "{oops} 2"), (Some(2), "[1,"), (Some(3), "3")]);
    }

    #[test]
    fn json_is_an_array_or_one_value_on_any_number_of_lines_which_others_may_follow() {
        assert_eq!(values("[1,\n2]", BodyFormat::Json).unwrap(), [(None, "1"), (None, "2")]);
        let follow = values("{\n\"a\":1\n}\n{\"b\":2}\n{", BodyFormat::Json).unwrap();
        assert_eq!(follow, [(Some(1), "{\n\"a\":1\n}"), (Some(4), "{\"b\":2}"), (Some(5), "{")]);
        let refused = values("{\"a\":\n", BodyFormat::Json).unwrap_err();
        assert!(refused.starts_with("the body is not valid JSON: EOF"), "{refused}");
    }

    #[test]
    fn one_value_past_the_limit_is_refused_before_it_is_handed_out() {
        let too_many = "the body has more than 4 items, which is the limit";
        for (text, format) in [
            ("1 2 3 4 5", BodyFormat::NdJson),
            ("1\n2 3\n4\n5", BodyFormat::Json),
            ("[1,2,3,4,5]", BodyFormat::Json),
        ] {
            assert_eq!(values(text, format).unwrap_err(), too_many);
        }
        assert_eq!(values("1 2 3 4", BodyFormat::NdJson).unwrap().len(), MAX);
    }

    proptest! {
        #[test]
        fn no_text_panics_or_is_lost(text in "[{}\\[\\]\",:a1 \n\r]{0,24}") {
            if let Ok(lines) = values(&text, BodyFormat::NdJson) {
                let blank = |c: &char| !c.is_ascii_whitespace();
                let kept: String = lines.iter().flat_map(|(_, value)| value.chars()).filter(blank).collect();
                prop_assert_eq!(kept, text.chars().filter(blank).collect::<String>());
            }
            let _ = values(&text, BodyFormat::Json);
        }
    }
}
