//! logfmt: `level=info query=a=b note="x=1, \"y\"" cached empty=`.

use crate::Failure;
use serde_json::Value;
use watchkeeper_domain::event::{Fields, MAX_FIELDS};

/// The fields of a line. A key without `=` is true; all other values are text. Needs a `key=value`: most sentences are
/// words without one.
pub(super) fn parse(line: &str) -> Result<Fields, Failure> {
    let (mut fields, mut rest, mut has_value) = (Fields::new(), line.trim(), false);
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        if key.is_empty() || key.contains('"') {
            return Err(Failure::new(format!("is no logfmt: {:?} is no key", head(rest))));
        }
        let value = match after.strip_prefix('=') {
            None => {
                rest = after;
                Value::Bool(true)
            }
            Some(after) => {
                has_value = true;
                let (value, after) = value(after)?;
                rest = after;
                Value::String(value)
            }
        };
        fields.insert(key.to_owned(), value);
        if fields.len() > MAX_FIELDS {
            return Err(Failure::new(format!("has more than {MAX_FIELDS} fields, which is the limit")));
        }
        rest = rest.trim_start();
    }
    if has_value { Ok(fields) } else { Err(Failure::new("is no logfmt: has no key=value")) }
}

/// The value at the beginning of `text`, and what follows.
fn value(text: &str) -> Result<(String, &str), Failure> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let (mut value, mut chars) = (String::new(), quoted.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &quoted[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, c @ ('"' | '\\'))) => value.push(c),
                Some((_, other)) => value.extend(['\\', other]),
                None => break,
            },
            c => value.push(c),
        }
    }
    Err(Failure::new(format!("is no logfmt: the quote at {:?} is not closed", head(text))))
}

fn head(text: &str) -> &str {
    watchkeeper_domain::text::head(text, 20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parsed(line: &str) -> Value {
        Value::Object(parse(line).unwrap())
    }

    #[test]
    fn a_value_may_have_equals_signs_and_quotes_and_a_key_alone_is_true() {
        let line = r#"level=info query=a=b note="x=1, \"y\"" cached empty= url=http://h/?q=1&r=2"#;
        let expected = json!({
            "level": "info", "query": "a=b", "note": "x=1, \"y\"", "cached": true, "empty": "",
            "url": "http://h/?q=1&r=2",
        });
        assert_eq!(parsed(line), expected);
    }

    #[test]
    fn escapes_are_read_and_an_unknown_one_stays_as_it_is() {
        assert_eq!(parsed(r#"a="1\n2\t\\ \d" b="""#), json!({"a": "1\n2\t\\ \\d", "b": ""}));
    }

    #[test]
    fn what_is_no_logfmt_is_refused_with_the_place() {
        let refused = |line: &str| parse(line).unwrap_err().to_string();
        assert_eq!(refused("disk is full"), "is no logfmt: has no key=value");
        assert_eq!(refused(""), "is no logfmt: has no key=value");
        assert_eq!(refused("a=1 =2"), "is no logfmt: \"=2\" is no key");
        assert_eq!(refused(r#"a=1 b="2"#), "is no logfmt: the quote at \"\\\"2\" is not closed");
        let many = (0..=MAX_FIELDS).fold(String::new(), |many, number| many + &format!("f{number}=1 "));
        assert_eq!(refused(&many), "has more than 256 fields, which is the limit");
    }

    proptest! {
        #[test]
        fn reading_never_panics(line in any::<String>(), odd in "[a=\"\\\\ é]{0,20}") {
            let _ = (parse(&line), parse(&odd));
        }
    }
}
