//! The access logs of nginx and Apache, in the format `combined` or `common`:
//!
//! ```text
//! 203.0.113.9 - ada [29/Nov/2026:10:00:00 +0100] "GET /a?b=1 HTTP/1.1" 200 157 "https://example.org/" "curl/8"
//! ```

use super::Parsed;
use crate::Failure;
use jiff::fmt::strtime;
use serde_json::{Number, Value};
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::event::{Draft, Fields};

/// Longest method of a request, in bytes.
const MAX_METHOD_BYTES: usize = 24;

/// `client`, `user`, the time, `request` as it stands, `status`, `size`, `referer`, `user_agent`; and `method`, `path`,
/// `query` and `protocol` if the request has them. What is `-` is left out. What follows in a longer format is not
/// read: it stays in the message.
pub(super) fn parse(line: &str) -> Result<Parsed, Failure> {
    let mut rest = Rest(line.trim());
    let mut fields = Fields::new();
    let mut put = |name: &str, value: &str| {
        if !matches!(value, "" | "-") {
            fields.insert(name.to_owned(), value.into());
        }
    };
    put("client", rest.word("the client")?);
    put("ident", rest.word("the identity")?);
    put("user", rest.until(" [", "the user")?);
    let time = rest.until("]", "the time")?;
    let occurred_at = time_of(time)?;
    let request = rest.quoted("the request")?;
    put("request", request);
    let (method, target, protocol) = parts_of(request);
    put("method", method);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    put("path", path);
    put("query", query);
    put("protocol", protocol);
    let status = rest.number("the status")?;
    let size = rest.number("the size")?;
    if let Ok(referer) = rest.quoted("the referer") {
        put("referer", referer);
    }
    if let Ok(user_agent) = rest.quoted("the user agent") {
        put("user_agent", user_agent);
    }
    for (name, number) in [("status", status), ("size", size)] {
        if let Some(number) = number {
            fields.insert(name.to_owned(), Value::Number(Number::from(number)));
        }
    }
    let draft = Draft { occurred_at: Some(occurred_at), fields, ..Draft::default() };
    Ok(Parsed { draft, has_usual_names: false })
}

fn time_of(text: &str) -> Result<Timestamp, Failure> {
    let time = strtime::parse("%d/%b/%Y:%H:%M:%S %z", text).and_then(|time| time.to_timestamp());
    let time = time.ok().and_then(|time| Timestamp::from_micros(time.as_microsecond()));
    time.ok_or_else(|| Failure::new("is no access log: its time is not like 29/Nov/2026:10:00:00 +0100"))
}

/// Method, target and protocol of a request; empty where it has none. A target may have blanks.
fn parts_of(request: &str) -> (&str, &str, &str) {
    let Some((method, rest)) = request.split_once(' ') else { return ("", "", "") };
    let is_method = (1..=MAX_METHOD_BYTES).contains(&method.len())
        && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    if !is_method {
        return ("", "", "");
    }
    match rest.rsplit_once(' ') {
        Some((target, protocol)) if protocol.starts_with("HTTP/") => (method, target, protocol),
        _ => (method, rest, ""),
    }
}

/// The part of a line that is not read yet.
struct Rest<'l>(&'l str);

impl<'l> Rest<'l> {
    fn word(&mut self, what: &str) -> Result<&'l str, Failure> {
        self.until(" ", what)
    }

    fn until(&mut self, end: &str, what: &str) -> Result<&'l str, Failure> {
        let (word, rest) = self.0.split_once(end).ok_or_else(|| missing(what))?;
        self.0 = rest.trim_start();
        Ok(word)
    }

    /// A text in quotes, as it stands: nginx writes a quote in it as `\x22`, and Apache as `\"`.
    fn quoted(&mut self, what: &str) -> Result<&'l str, Failure> {
        let text = self.0.strip_prefix('"').ok_or_else(|| missing(what))?;
        let mut is_escaped = false;
        let end = text.bytes().position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        });
        let end = end.ok_or_else(|| missing(what))?;
        self.0 = text[end + 1..].trim_start();
        Ok(&text[..end])
    }

    /// `None` for `-`.
    fn number(&mut self, what: &str) -> Result<Option<u64>, Failure> {
        let (word, rest) = self.0.split_once(' ').unwrap_or((self.0, ""));
        self.0 = rest.trim_start();
        match word {
            "-" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| missing(what)),
        }
    }
}

fn missing(what: &str) -> Failure {
    Failure::new(format!("is no access log: {what} is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parsed(line: &str) -> Value {
        Value::Object(parse(line).unwrap().draft.fields)
    }

    const AT: &str = "203.0.113.9 - - [29/Nov/2026:10:00:00 +0100]";

    #[test]
    fn a_line_has_all_its_fields_and_its_own_time() {
        let line = r#"2001:db8::1 - ada [29/Nov/2026:10:00:00 +0100] "GET /a?b=1&c HTTP/1.1" 200 157 "https://example.org/" "curl/8 (x; \"y\")" "more" 0.003"#;
        let expected = json!({
            "client": "2001:db8::1", "user": "ada", "request": "GET /a?b=1&c HTTP/1.1", "method": "GET",
            "path": "/a", "query": "b=1&c", "protocol": "HTTP/1.1", "status": 200, "size": 157,
            "referer": "https://example.org/", "user_agent": r#"curl/8 (x; \"y\")"#,
        });
        assert_eq!(parsed(line), expected);
        let occurred_at = parse(line).unwrap().draft.occurred_at.unwrap();
        assert_eq!(occurred_at.to_string(), "2026-11-29T09:00:00Z");
    }

    #[test]
    fn a_request_of_the_open_internet_stays_as_it_stands_and_has_a_path_only_if_there_is_one() {
        let line = format!(r#"{AT} "\x16\x03\x01" 400 157 "-" "-""#);
        let expected =
            json!({"client": "203.0.113.9", "request": r"\x16\x03\x01", "status": 400, "size": 157});
        assert_eq!(parsed(&line), expected);
        assert_eq!(
            parsed(&format!(r#"{AT} "" 400 0"#)),
            json!({"client": "203.0.113.9", "status": 400, "size": 0})
        );
        let old = parsed(&format!(r#"{AT} "GET /old" 200 5"#));
        assert_eq!(
            (&old["method"], &old["path"], old.get("protocol")),
            (&json!("GET"), &json!("/old"), None)
        );
        let blank = parsed(&format!(r#"{AT} "GET /a b HTTP/1.1" 404 9"#));
        assert_eq!(
            (&blank["path"], &blank["protocol"], &blank["status"]),
            (&json!("/a b"), &json!("HTTP/1.1"), &json!(404))
        );
    }

    #[test]
    fn another_line_is_refused_with_what_is_missing() {
        let refused = |line: &str| parse(line).unwrap_err().to_string();
        assert_eq!(refused("disk full"), "is no access log: the identity is missing");
        assert_eq!(refused(AT), "is no access log: the request is missing");
        assert_eq!(refused(&format!("{AT} \"GET / HTTP/1.1")), "is no access log: the request is missing");
        assert_eq!(refused(&format!("{AT} \"GET /\" ok 1")), "is no access log: the status is missing");
        let odd = "203.0.113.9 - - [29/Foo/2026:10:00:00 +0100] \"GET /\" 200 1";
        assert!(refused(odd).starts_with("is no access log: its time is not like"));
    }

    proptest! {
        #[test]
        fn reading_never_panics(line in any::<String>(), rest in "[-\"\\\\ 0-9é]{0,30}") {
            let _ = (parse(&line), parse(&format!("{AT} {rest}")));
        }
    }
}
