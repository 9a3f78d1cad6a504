//! Writes YAML.

use serde_json::Value;

/// The document, with a comment before it. Keys are in order of the alphabet.
pub(super) fn document(comment: &str, mut value: Value) -> String {
    let mut text = format!("# {comment}\n");
    value.sort_all_objects();
    write(&value, 0, &mut text);
    text
}

/// Writes the lines of a value; the first one has its margin already if the value is an item of a list.
fn write(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                begin_line(indent, text);
                text.push_str(&word(key));
                text.push(':');
                write_after(value, indent, text);
            }
        }
        Value::Array(list) => {
            for value in list {
                begin_line(indent, text);
                text.push('-');
                match value {
                    Value::Object(map) if !map.is_empty() => {
                        text.push(' ');
                        write(value, indent + 1, text);
                    }
                    value => write_after(value, indent, text),
                }
            }
        }
        scalar => text.push_str(&plain(scalar)),
    }
}

/// The margin, unless something is on the line.
fn begin_line(indent: usize, text: &mut String) {
    if text.ends_with('\n') {
        text.push_str(&"  ".repeat(indent));
    }
}

/// Writes what follows a key or a dash.
fn write_after(value: &Value, indent: usize, text: &mut String) {
    let is_nested = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    };
    if is_nested {
        text.push('\n');
        write(value, indent + 1, text);
    } else {
        text.push(' ');
        text.push_str(&plain(value));
        text.push('\n');
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        // JSON is YAML.
        other => other.to_string(),
    }
}

fn word(text: &str) -> String {
    if is_word(text) {
        text.to_owned()
    } else if text.contains(char::is_control) {
        Value::from(text).to_string()
    } else {
        // A single-quoted scalar needs no escapes but that of its quote.
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Whether YAML reads it as this text without quotes.
fn is_word(text: &str) -> bool {
    const KEYWORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
        && !KEYWORDS.contains(&text.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_could_be_read_as_something_else_is_quoted() {
        let value = json!({
            "list": [{ "a": "it's", "b": [1, "5m"] }, "word", {}],
            "map": { "none": null, "no": "no", "on top": true, "lines": "a\nb" },
        });
        let expected = "# why\nlist:\n  - a: 'it''s'\n    b:\n      - 1\n      - '5m'\n  - word\n  - {}\nmap:\n  \
                        lines: \"a\\nb\"\n  'no': 'no'\n  none: null\n  'on top': true\n";
        assert_eq!(document("why", value), expected);
    }
}
