//! What steps read and write: a part of an event, or one of its fields.

use crate::{Failure, room};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use watchkeeper_domain::event::{Fields, MARKS, MAX_FIELD_NAME_BYTES, MAX_MESSAGE_BYTES, MAX_ORIGIN_BYTES};
use watchkeeper_domain::{Event, Level};

/// A part of an event, or one of its fields by path, named as in a query: `service`, `status`, `ctx.user.id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Id,
    Level,
    Service,
    Host,
    Message,
    Field(String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name {
            "id" => Self::Id,
            "level" => Self::Level,
            "service" => Self::Service,
            "host" => Self::Host,
            "message" => Self::Message,
            MARKS => return Err("is no field: it has the marks of steps that failed".to_owned()),
            name if name.is_empty() || name.len() > MAX_FIELD_NAME_BYTES || name.contains('\0') => {
                return Err(format!("must be the name of a field, of 1 to {MAX_FIELD_NAME_BYTES} bytes"));
            }
            name => Self::Field(name.to_owned()),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "id",
            Self::Level => "level",
            Self::Service => "service",
            Self::Host => "host",
            Self::Message => "message",
            Self::Field(path) => path,
        })
    }
}

impl Place {
    /// What is there as text: numbers and bools as they are written, lists and objects as JSON. `None` if there is
    /// nothing.
    pub(crate) fn text<'e>(&self, event: &'e Event) -> Option<Cow<'e, str>> {
        let text = match self {
            Self::Id => return Some(event.id.to_string().into()),
            Self::Level => return (event.level != Level::Unknown).then(|| event.level.name().into()),
            Self::Service => &event.service,
            Self::Host => &event.host,
            Self::Message => &event.message,
            Self::Field(path) => return text_of(find(&event.fields, path)?),
        };
        (!text.is_empty()).then(|| text.into())
    }

    /// What is there, with its type.
    pub(crate) fn value(&self, event: &Event) -> Option<Value> {
        match self {
            Self::Field(path) => find(&event.fields, path).filter(|value| !value.is_null()).cloned(),
            part => part.text(event).map(|text| Value::String(text.into_owned())),
        }
    }

    /// Removes what is there.
    pub(crate) fn take(&self, event: &mut Event) -> Option<Value> {
        let value = self.value(event);
        match self {
            Self::Id => {}
            Self::Level => event.level = Level::Unknown,
            Self::Service => event.service.clear(),
            Self::Host => event.host.clear(),
            Self::Message => event.message.clear(),
            Self::Field(path) => return take(&mut event.fields, path),
        }
        value
    }

    /// Puts a value there, in place of what was there.
    ///
    /// # Errors
    /// When it is no level, or more than an event may have.
    pub(crate) fn put(&self, event: &mut Event, value: Value) -> Result<(), Failure> {
        let (part, most) = match self {
            Self::Id => return Err(Failure::new("the id of an event cannot be changed")),
            Self::Level => {
                event.level = level_of(&value)?;
                return Ok(());
            }
            Self::Service => (&mut event.service, MAX_ORIGIN_BYTES),
            Self::Host => (&mut event.host, MAX_ORIGIN_BYTES),
            Self::Message => (&mut event.message, MAX_MESSAGE_BYTES),
            Self::Field(path) => {
                room::check_field(&event.fields, path, &value)?;
                put(&mut event.fields, path, value);
                return Ok(());
            }
        };
        let text = text_of(&value).unwrap_or_default();
        if text.len() > most {
            let reason = format!("{self} would have {} bytes, the limit is {most}", text.len());
            return Err(Failure::new(reason));
        }
        *part = text.into_owned();
        Ok(())
    }
}

fn level_of(value: &Value) -> Result<Level, Failure> {
    let text = text_of(value).unwrap_or_default();
    Level::of_word(&text).ok_or_else(|| Failure::new(format!("{text:?} is no level")))
}

/// A value as text; null has none.
pub(crate) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.into()),
        value => Some(value.to_string().into()),
    }
}

/// The value at `path`: `a.b` is field `b` in object `a`, or a field named `a.b`.
pub(crate) fn find<'f>(fields: &'f Fields, path: &str) -> Option<&'f Value> {
    if let Some(value) = fields.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| match fields.get(&path[..dot]) {
        Some(Value::Object(inner)) => find(inner, &path[dot + 1..]),
        _ => None,
    })
}

fn take(fields: &mut Fields, path: &str) -> Option<Value> {
    if let Some(value) = fields.remove(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| match fields.get_mut(&path[..dot]) {
        Some(Value::Object(inner)) => take(inner, &path[dot + 1..]),
        _ => None,
    })
}

/// Into the object that `path` leads to, if there is one, else as a field named `path`.
fn put(fields: &mut Fields, path: &str, value: Value) {
    if !fields.contains_key(path) {
        for (dot, _) in path.match_indices('.') {
            if let Some(Value::Object(inner)) = fields.get_mut(&path[..dot]) {
                return put(inner, &path[dot + 1..], value);
            }
        }
    }
    fields.insert(path.to_owned(), value);
}

/// Removes the values at `paths`, also in each object of a list.
pub(crate) fn remove_all(fields: &mut Fields, paths: &[String]) {
    for path in paths {
        remove(fields, path);
    }
}

fn remove(fields: &mut Fields, path: &str) {
    fields.remove(path);
    for (dot, _) in path.match_indices('.') {
        match fields.get_mut(&path[..dot]) {
            Some(Value::Object(inner)) => remove(inner, &path[dot + 1..]),
            Some(Value::Array(items)) => {
                let objects = items.iter_mut().filter_map(Value::as_object_mut);
                objects.for_each(|inner| remove(inner, &path[dot + 1..]));
            }
            _ => {}
        }
    }
}

/// Removes every field that is at none of `paths`.
pub(crate) fn keep_only(fields: &mut Fields, paths: &[&str]) {
    fields.retain(|name, value| {
        if paths.contains(&name.as_str()) {
            return true;
        }
        let within = paths.iter().filter_map(|path| path.strip_prefix(name.as_str())?.strip_prefix('.'));
        let inner_paths: Vec<&str> = within.collect();
        match value {
            Value::Object(inner) if !inner_paths.is_empty() => {
                keep_only(inner, &inner_paths);
                !inner.is_empty()
            }
            _ => false,
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::event;
    use serde_json::json;

    fn at(path: &str) -> Place {
        path.parse().unwrap()
    }

    #[test]
    fn a_path_leads_into_objects_and_to_fields_with_a_dot_in_their_name() {
        let event = event("x", json!({"a": {"b": {"c": 1}}, "a.d": 2, "n": null}));
        assert_eq!(at("a.b.c").value(&event), Some(json!(1)));
        assert_eq!(at("a.d").value(&event), Some(json!(2)));
        for absent in ["a.x", "a.b.c.d", "n", "service", "level"] {
            assert_eq!(at(absent).text(&event), None, "{absent}");
        }
        assert_eq!(at("message").text(&event).as_deref(), Some("x"));
        assert_eq!(at("a.b").text(&event).as_deref(), Some("{\"c\":1}"));
    }

    #[test]
    fn a_value_is_put_where_its_path_leads_and_can_be_taken_from_there() {
        let mut event = event("x", json!({"a": {"b": 1}}));
        at("a.c").put(&mut event, json!(2)).unwrap();
        at("x.y").put(&mut event, json!(3)).unwrap();
        at("level").put(&mut event, json!("WARNING")).unwrap();
        at("host").put(&mut event, json!(7)).unwrap();
        assert_eq!(Value::Object(event.fields.clone()), json!({"a": {"b": 1, "c": 2}, "x.y": 3}));
        assert_eq!((event.level, event.host.as_str()), (Level::Warn, "7"));
        assert_eq!(at("a.c").take(&mut event), Some(json!(2)));
        assert_eq!(at("message").take(&mut event), Some(json!("x")));
        assert_eq!(event.message, "");
    }

    #[test]
    fn what_an_event_may_not_have_is_refused_with_the_limit() {
        let mut event = event("x", json!({}));
        let long = "x".repeat(MAX_ORIGIN_BYTES + 1);
        let refused =
            |event: &mut Event, path: &str, value: Value| at(path).put(event, value).unwrap_err().to_string();
        assert_eq!(
            refused(&mut event, "service", json!(long)),
            "service would have 256 bytes, the limit is 255"
        );
        assert_eq!(refused(&mut event, "level", json!("tea")), "\"tea\" is no level");
        assert_eq!(refused(&mut event, "id", json!("a")), "the id of an event cannot be changed");
        assert!("x".repeat(MAX_FIELD_NAME_BYTES + 1).parse::<Place>().is_err());
        assert!(MARKS.parse::<Place>().is_err());
    }

    #[test]
    fn fields_are_kept_or_removed_at_any_depth() {
        let fields = json!({"a": {"b": 1, "c": 2}, "d": [{"e": 1, "f": 2}], "g": 3});
        let Value::Object(mut kept) = fields.clone() else { unreachable!() };
        keep_only(&mut kept, &["a.b", "g", "x.y"]);
        assert_eq!(Value::Object(kept), json!({"a": {"b": 1}, "g": 3}));
        let Value::Object(mut rest) = fields else { unreachable!() };
        remove_all(&mut rest, &["a.b".to_owned(), "d.e".to_owned(), "x".to_owned()]);
        assert_eq!(Value::Object(rest), json!({"a": {"c": 2}, "d": [{"f": 2}], "g": 3}));
    }
}
