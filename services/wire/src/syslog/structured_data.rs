//! `[io@32473 path="C:\\tmp"][meta n="2"]`.

use serde_json::Value;
use watchkeeper_domain::event::Fields;

/// The structured data that `text` begins with, by id and name, and what follows it; `None` if it begins with none. A
/// name that an element has twice, as `ip` may be, has a list of its values.
pub(super) fn split(text: &str) -> Option<(Fields, &str)> {
    if let Some(rest) = text.strip_prefix('-')
        && (rest.is_empty() || rest.starts_with(' '))
    {
        return Some((Fields::new(), rest));
    }
    let (mut elements, mut rest) = (Fields::new(), text);
    while let Some((id, parameters, after)) = element(rest) {
        let known = elements.entry(id).or_insert_with(|| Value::Object(Fields::new()));
        if let Value::Object(known) = known {
            for (name, value) in parameters {
                insert(known, name, value);
            }
        }
        rest = after;
    }
    (!elements.is_empty()).then_some((elements, rest))
}

type Parameters = Vec<(String, String)>;

/// One element in brackets.
fn element(text: &str) -> Option<(String, Parameters, &str)> {
    let (id, mut rest) = name(text.strip_prefix('[')?)?;
    let mut parameters = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(']') {
            return Some((id.to_owned(), parameters, after));
        }
        let (name, after) = name(rest.strip_prefix(' ')?.trim_start_matches(' '))?;
        let (value, after) = value(after.strip_prefix("=\"")?)?;
        parameters.push((name.to_owned(), value));
        rest = after;
    }
}

fn name(text: &str) -> Option<(&str, &str)> {
    let end = text.find(['=', ' ', ']', '"', '\n'])?;
    (end > 0).then(|| text.split_at(end))
}

/// A value up to its closing quote. A backslash escapes a quote, a backslash and a bracket; before another character it
/// stands for itself (RFC 5424, 6.3.3). A bracket that is not escaped is part of the value, as most senders mean it.
fn value(text: &str) -> Option<(String, &str)> {
    let (mut value, mut rest) = (String::new(), text);
    loop {
        let at = rest.find(['"', '\\'])?;
        value.push_str(&rest[..at]);
        let (special, after) = rest[at..].split_at(1);
        if special == "\"" {
            return Some((value, after));
        }
        rest = if let escaped @ ('"' | '\\' | ']') = after.chars().next()? {
            value.push(escaped);
            &after[1..]
        } else {
            value.push('\\');
            after
        };
    }
}

fn insert(fields: &mut Fields, name: String, value: String) {
    match fields.get_mut(&name) {
        None => drop(fields.insert(name, Value::String(value))),
        Some(Value::Array(values)) => values.push(Value::String(value)),
        Some(first) => *first = Value::Array(vec![first.take(), Value::String(value)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(text: &str) -> Option<(Value, &str)> {
        split(text).map(|(fields, rest)| (Value::Object(fields), rest))
    }

    #[test]
    fn elements_follow_each_other_without_a_blank() {
        assert_eq!(of(r#"[a x="1"][b] [c] d"#), Some((json!({"a": {"x": "1"}, "b": {}}), " [c] d")));
        assert_eq!(of("- text"), Some((json!({}), " text")));
        assert_eq!(of("-"), Some((json!({}), "")));
    }

    #[test]
    fn a_name_that_stands_twice_has_both_values() {
        assert_eq!(
            of(r#"[o ip="a" ip="b" ip="c"][o ip="d"]"#),
            Some((json!({"o": {"ip": ["a", "b", "c", "d"]}}), ""))
        );
    }

    #[test]
    fn a_bracket_that_is_not_escaped_belongs_to_the_value() {
        assert_eq!(of(r#"[a x="[1]"] t"#), Some((json!({"a": {"x": "[1]"}}), " t")));
    }

    #[test]
    fn what_is_no_structured_data_is_left_in_the_text() {
        for text in ["", "text", "-text", "[", "[]", "[a", r#"[a x="1""#, r"[a x=1]", r#"[a x="\"#, "[a\nb]"]
        {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(of(r#"[a x="1"][b y=]"#), Some((json!({"a": {"x": "1"}}), "[b y=]")));
    }
}
