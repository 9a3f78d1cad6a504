//! The fields of an event one by one, under the names that a query has for them.

use serde_json::Value;
use watchkeeper_domain::event::{Fields, MARKS};

/// A single value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// Its name in a query: `ctx.user.id`.
    pub(crate) path: String,
    /// As a query compares it: text as it is, else as JSON.
    pub(crate) value: String,
    /// Whether a query finds it by its value: not null, and not an empty object or list.
    pub(crate) is_value: bool,
}

/// The single values of all fields, in the order of the event, but for its marks; each item of a list on its own.
pub(crate) fn leaves(fields: &Fields) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (name, value) in fields.iter().filter(|(name, _)| *name != MARKS) {
        push(name.clone(), value, &mut leaves);
    }
    leaves
}

/// At most as deep as [`watchkeeper_domain::event::MAX_DEPTH`].
fn push(path: String, value: &Value, leaves: &mut Vec<Leaf>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                push(format!("{path}.{name}"), value, leaves);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                push(path.clone(), item, leaves);
            }
        }
        Value::String(text) => leaves.push(Leaf { path, value: text.clone(), is_value: true }),
        Value::Bool(_) | Value::Number(_) => {
            leaves.push(Leaf { path, value: value.to_string(), is_value: true });
        }
        Value::Null | Value::Array(_) | Value::Object(_) => {
            leaves.push(Leaf { path, value: value.to_string(), is_value: false });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_fields_have_paths_and_items_of_a_list_share_one() {
        let Value::Object(fields) = json!({
            "@marks": ["cut"], "a.b": 1, "ctx": {"user": {"id": "7"}, "tags": ["x", {"n": true}]}, "e": {}, "z": null,
        }) else {
            unreachable!()
        };
        let found: Vec<_> =
            leaves(&fields).into_iter().map(|leaf| (leaf.path, leaf.value, leaf.is_value)).collect();
        let expected = [
            ("a.b", "1", true),
            ("ctx.tags", "x", true),
            ("ctx.tags.n", "true", true),
            ("ctx.user.id", "7", true),
            ("e", "{}", false),
            ("z", "null", false),
        ];
        let mut found: Vec<_> =
            found.iter().map(|(path, value, is)| (path.as_str(), value.as_str(), *is)).collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }
}
