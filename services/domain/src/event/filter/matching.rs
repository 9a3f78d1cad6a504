//! Whether an event is selected.

use super::{Comparison, Condition, Field, Operand, Pattern, Test};
use crate::{Event, Level};
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

impl Condition {
    /// Whether it holds for `event`.
    pub fn holds(&self, event: &Event) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(event)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(event)),
            Self::Not(condition) => !condition.holds(event),
            Self::Contains(text) => contains(&event.message, text),
            Self::Field(Field::Level, test) => test.passes_level(event.level),
            Self::Field(Field::Other(path), Test::Exists) => {
                each_value(&event.fields, path, &mut |value| !value.is_null())
            }
            Self::Field(field, test) => field.any_value(event, &mut |value| test.passes(value)),
        }
    }
}

/// Whether `text` is in `message`, in upper or lower case.
fn contains(message: &str, text: &str) -> bool {
    if text.is_ascii() && message.is_ascii() {
        let text = text.as_bytes();
        return text.is_empty()
            || message.as_bytes().windows(text.len()).any(|window| window.eq_ignore_ascii_case(text));
    }
    message.to_lowercase().contains(&text.to_lowercase())
}

impl Field {
    /// The values of the field as text: none, one, or those of a list.
    pub fn values<'e>(&self, event: &'e Event) -> Vec<Cow<'e, str>> {
        match self {
            Self::Id => vec![event.id.to_string().into()],
            Self::Level if event.level == Level::Unknown => Vec::new(),
            Self::Level => vec![event.level.name().into()],
            Self::Service => of_text(&event.service),
            Self::Host => of_text(&event.host),
            Self::Message => of_text(&event.message),
            Self::Other(path) => {
                let mut values = Vec::new();
                each_value(&event.fields, path, &mut |value| {
                    values.extend(shown(value));
                    false
                });
                values
            }
        }
    }

    fn any_value(&self, event: &Event, passes: &mut impl FnMut(&str) -> bool) -> bool {
        let text = match self {
            Self::Service => &event.service,
            Self::Host => &event.host,
            Self::Message => &event.message,
            Self::Other(path) => {
                return each_value(&event.fields, path, &mut |value| {
                    shown(value).is_some_and(|value| passes(&value))
                });
            }
            Self::Id | Self::Level => return self.values(event).iter().any(|value| passes(value)),
        };
        !text.is_empty() && passes(text)
    }
}

fn of_text(text: &str) -> Vec<Cow<'_, str>> {
    if text.is_empty() { Vec::new() } else { vec![text.into()] }
}

/// A single value as text; objects, lists and null have none.
fn shown(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Calls `found` for each value at `path`, until it returns true: `a.b` is field `b` in object `a`, or a field named
/// `a.b`. A list has its items as values, an object is one.
fn each_value<'v>(
    fields: &'v serde_json::Map<String, Value>,
    path: &str,
    found: &mut impl FnMut(&'v Value) -> bool,
) -> bool {
    if let Some(value) = fields.get(path)
        && each_item(value, found)
    {
        return true;
    }
    path.match_indices('.').any(|(dot, _)| match fields.get(&path[..dot]) {
        Some(value) => in_objects(value, &path[dot + 1..], found),
        None => false,
    })
}

/// Searches an object, or each object of a list.
fn in_objects<'v>(value: &'v Value, path: &str, found: &mut impl FnMut(&'v Value) -> bool) -> bool {
    match value {
        Value::Object(fields) => each_value(fields, path, found),
        Value::Array(items) => items.iter().any(|item| in_objects(item, path, found)),
        _ => false,
    }
}

fn each_item<'v>(value: &'v Value, found: &mut impl FnMut(&'v Value) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| each_item(item, found)),
        value => found(value),
    }
}

impl Test {
    /// Whether a value passes, given as text.
    pub fn passes(&self, value: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::Equals(expected) => value == expected,
            Self::Like(parts) => is_like(value, parts),
            Self::Matches(Pattern(regex)) => regex.is_match(value),
            Self::Compare(comparison, Operand::Number(number)) => value
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|value| value.is_finite())
                .and_then(|value| value.partial_cmp(number))
                .is_some_and(|order| comparison.allows(order)),
            Self::Compare(_, Operand::Level(_)) => false,
        }
    }

    fn passes_level(&self, level: Level) -> bool {
        match self {
            Self::Compare(comparison, Operand::Level(than)) => {
                level != Level::Unknown && comparison.allows(level.cmp(than))
            }
            Self::Exists => level != Level::Unknown,
            test => test.passes(level.name()),
        }
    }
}

impl Comparison {
    const fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// Whether `value` consists of the parts, with any text between them.
fn is_like(value: &str, parts: &[String]) -> bool {
    let [first, middle @ .., last] = parts else { return parts.first().is_none_or(|only| only == value) };
    let Some(mut rest) = value.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        let Some(at) = rest.find(part.as_str()) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests;
