//! The end of the JSON of a sample, which changes from one sample of a series to the next.

use super::value;
use watchkeeper_domain::Timestamp;

/// A record split at its last `,"value":`, if it ends exactly in `,"value":NUMBER,"CollectedAt":"TIME"}`, or in the same
/// with `"collected_at"`, as in earlier versions.
///
/// Makes no statement about the bytes before: the tail may be inside a nested object.
#[derive(Debug, PartialEq)]
pub(super) struct Tail<'a> {
    /// The bytes before the tail.
    pub(super) prefix: &'a [u8],
    /// The number, finite.
    pub(super) value: f64,
    /// The time.
    pub(super) collected_at: Timestamp,
}

impl<'a> Tail<'a> {
    /// Splits a record; `None` if it ends in another way.
    pub(super) fn of(record: &'a [u8]) -> Option<Self> {
        let rest = record.strip_suffix(br#""}"#)?;
        let (rest, time) = split_after_last(rest, b'"')?;
        let [now, before] = [&br#","CollectedAt":""#[..], br#","collected_at":""#];
        let rest = rest.strip_suffix(now).or_else(|| rest.strip_suffix(before))?;
        let (rest, number) = split_after_last(rest, b':')?;
        let prefix = rest.strip_suffix(br#","value":"#)?;
        Some(Self { prefix, value: parse_number(number)?, collected_at: parse_time(time)? })
    }
}

/// Splits after the last `mark`.
fn split_after_last(bytes: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().rposition(|&byte| byte == mark)?;
    Some(bytes.split_at(at + 1))
}

fn parse_number(number: &[u8]) -> Option<f64> {
    value::parse_number(str::from_utf8(number).ok()?)
}

/// The time, if its JSON text has no escapes: those are left to the full decoder.
fn parse_time(time: &[u8]) -> Option<Timestamp> {
    if time.contains(&b'\\') || time.iter().any(u8::is_ascii_control) {
        return None;
    }
    str::from_utf8(time).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_and_time_are_split_off() {
        for spelling in ["CollectedAt", "collected_at"] {
            let record =
                format!(r#"{{"a":{{"b":1,"value":2,"value":-1.5e3,"{spelling}":"1970-01-01T00:00:01Z"}}"#);
            let expected = Tail {
                prefix: br#"{"a":{"b":1,"value":2"#,
                value: -1500.0,
                collected_at: Timestamp::from_micros(1_000_000).unwrap(),
            };
            assert_eq!(Tail::of(record.as_bytes()), Some(expected));
        }
    }

    #[test]
    fn any_other_end_is_no_tail() {
        for record in [
            "",
            r#""}"#,
            r#"{"a":1,"value":2,"collected_at":"1970-01-01T00:00:01Z"} "#,
            r#"{"a":1,"value":2,"collected_at":"1970-01-01T00:00:01Z""#,
            r#"{"a":1,"value":2,"collected_at":"1970-01-01T00:00:01Z","b":""}"#,
            r#"{"a":1,"value":2,"collected_at": "1970-01-01T00:00:01Z"}"#,
            r#"{"a":1,"value":2 "collected_at":"1970-01-01T00:00:01Z"}"#,
            r#"{"a":1,"value":2},"collected_at":"1970-01-01T00:00:01Z"}"#,
            r#"{"a":1,"value":,"collected_at":"1970-01-01T00:00:01Z"}"#,
            r#"{"a":1,"value":+2,"collected_at":"1970-01-01T00:00:01Z"}"#,
            r#"{"a":1,"value":inf,"collected_at":"1970-01-01T00:00:01Z"}"#,
            r#"{"a":1,"value":1e999,"collected_at":"1970-01-01T00:00:01Z"}"#,
            r#"{"a":1,"value":"2","collected_at":"1970-01-01T00:00:01Z"}"#,
            r#"{"a":1,"value":2,"collected_at":"1970-01-01T00:00:01\u005a"}"#,
            r#"{"a":1,"value":2,"collected_at":"yesterday"}"#,
            r#"{"value":2,"collected_at":"1970-01-01T00:00:01Z"}"#,
            r#"{"a":1,"value":2,"collectedat":"1970-01-01T00:00:01Z"}"#,
            r#"{"a":1,"value":2,"CollectedAt":"1970-01-01T00:00:01Z","collected_at":"1970-01-01T00:00:01Z"}"#,
        ] {
            assert_eq!(Tail::of(record.as_bytes()), None, "{record}");
        }
    }
}
