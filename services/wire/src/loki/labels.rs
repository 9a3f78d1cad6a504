//! Labels as text: `{app="shop", host="web-1"}`.

use serde_json::Value;
use watchkeeper_domain::Violation;
use watchkeeper_domain::event::{Fields, clean_text};

/// Reads labels in the syntax of Prometheus, with the escapes of Go.
pub(super) fn read(text: &str) -> Result<Fields, Violation> {
    read_all(text).ok_or_else(|| Violation::new("labels", "must be like {app=\"shop\", host=\"web-1\"}"))
}

fn read_all(text: &str) -> Option<Fields> {
    let mut labels = Fields::new();
    let mut rest = text.trim().strip_prefix('{')?.trim_start();
    loop {
        if let Some(behind) = rest.strip_prefix('}') {
            return behind.is_empty().then_some(labels);
        }
        let (name, quoted) = rest.split_once('=')?;
        let (value, behind) = read_value(quoted.trim_start().strip_prefix('"')?)?;
        let name = name.trim();
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
        if name.is_empty() {
            return None;
        }
        labels.insert(name.to_owned(), Value::String(value));
        let behind = behind.trim_start();
        rest = match behind.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if behind.starts_with('}') => behind,
            None => return None,
        };
    }
}

/// The value up to its closing quote, and the text after it.
fn read_value(quoted: &str) -> Option<(String, &str)> {
    let mut value = Vec::new();
    let mut rest = quoted.chars();
    loop {
        match rest.next()? {
            '"' => return Some((clean_text(&value).text.into_owned(), rest.as_str())),
            '\\' => rest = read_escape(rest.as_str(), &mut value)?.chars(),
            plain => push(&mut value, plain),
        }
    }
}

/// Adds what an escape means, and returns the text after it.
fn read_escape<'t>(text: &'t str, value: &mut Vec<u8>) -> Option<&'t str> {
    let mut chars = text.chars();
    let byte = match chars.next()? {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        same @ ('\\' | '"' | '\'') => u8::try_from(same).ok()?,
        'x' => return number(chars.as_str(), 2, 16, value, false),
        'u' => return number(chars.as_str(), 4, 16, value, true),
        'U' => return number(chars.as_str(), 8, 16, value, true),
        '0'..='7' => return number(text, 3, 8, value, false),
        _ => return None,
    };
    value.push(byte);
    Some(chars.as_str())
}

/// Adds the character, or the byte, with the number in the next `digits`.
fn number<'t>(
    text: &'t str,
    digits: usize,
    radix: u32,
    value: &mut Vec<u8>,
    is_char: bool,
) -> Option<&'t str> {
    let (number, rest) = text.split_at_checked(digits)?;
    if !number.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let number = u32::from_str_radix(number, radix).ok()?;
    if is_char {
        push(value, char::from_u32(number)?);
    } else {
        value.push(u8::try_from(number).ok()?);
    }
    Some(rest)
}

fn push(value: &mut Vec<u8>, char: char) {
    value.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn labels_are_read_with_all_escapes() {
        for (text, labels) in [
            ("{}", json!({})),
            (r#"{app="shop"}"#, json!({"app": "shop"})),
            (r#" { app = "shop" , host="web-1",} "#, json!({"app": "shop", "host": "web-1"})),
            (
                r#"{a="q \" b \\ n \n t \t x \x41 u é U \U0001F980 o \101"}"#,
                json!({"a": "q \" b \\ n \n t \t x A u é U 🦀 o A"}),
            ),
            (r#"{a="\xff"}"#, json!({"a": "\u{fffd}"})),
            (r#"{a=",}="}"#, json!({"a": ",}="})),
            (r#"{"service.name"="x"}"#, json!({"service.name": "x"})),
        ] {
            assert_eq!(read(text).map(Value::Object), Ok(labels), "{text}");
        }
    }

    #[test]
    fn what_are_no_labels_is_refused_with_an_example() {
        for text in [
            "",
            "{",
            "}",
            "{a}",
            "{a=}",
            "{a=\"b}",
            r#"{a="b""#,
            r#"{a="\q"}"#,
            r#"{a="\xg0"}"#,
            r#"{a="\U00110000"}"#,
            r#"{="b"}"#,
            r#"{a="b"}x"#,
            r#"{a="b" c="d"}"#,
            "{a='b'}",
        ] {
            let refused = read(text).unwrap_err().to_string();
            assert_eq!(refused, "labels: must be like {app=\"shop\", host=\"web-1\"}", "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r#"[{}a=",\\ xuU0é]{0,24}"#) {
            let _ = read(&text);
        }
    }
}
