//! Texts of other tools.

/// Text for a comment or a line of a terminal: one line, without control characters.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A regular expression that matches the text alone.
pub(crate) fn literal(text: &str) -> String {
    regex::escape(text)
}

/// Whether a header is likely to hold a secret.
pub(crate) fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auth", "token", "key", "secret", "cookie", "password", "session"].iter().any(|part| name.contains(part))
}

/// A duration of Go, such as `1m30s`, `500ms` or `1.5h`, in milliseconds.
pub(crate) fn go_duration(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 6] =
        [("ms", 1.0), ("us", 0.001), ("ns", 0.000_001), ("h", 3_600_000.0), ("m", 60_000.0), ("s", 1000.0)];
    let mut rest = text.trim();
    let mut milliseconds = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let count: f64 = rest[..end].parse().ok()?;
        let (unit, scale) = UNITS.iter().find(|(unit, _)| rest[end..].starts_with(unit))?;
        milliseconds += count * scale;
        rest = &rest[end + unit.len()..];
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and is not negative"
    )]
    Some(milliseconds.round() as u64)
}

/// The reason why a target cannot be taken.
pub(crate) fn missing(what: &str) -> String {
    format!("{what} is not supported")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_go_are_read() {
        for (text, milliseconds) in [
            ("1m30s", Some(90_000)),
            ("500ms", Some(500)),
            ("1.5h", Some(5_400_000)),
            ("24h", Some(86_400_000)),
            ("300", None),
            ("", None),
            ("5x", None),
        ] {
            assert_eq!(go_duration(text), milliseconds, "{text}");
        }
    }

    #[test]
    fn a_header_that_may_hold_a_secret_is_known_by_its_name() {
        assert!(["Authorization", "X-API-Key", "Cookie", "private-token"].into_iter().all(is_secret_header));
        assert!(!["Accept", "User-Agent", "Content-Type", "X-Probe"].into_iter().any(is_secret_header));
    }
}
