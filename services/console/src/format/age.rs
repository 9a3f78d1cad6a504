//! How long ago something was.

use watchkeeper_domain::Timestamp;

/// The units of an age in seconds, the longest first. The script knows the same ones.
const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];

/// `3 s ago`, in the largest unit that is full; `just now` for less than a second and for what a clock
/// that runs ahead says is still to come.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    age(at, now).map_or_else(|| "just now".to_owned(), |age| format!("{age} ago"))
}

/// The same as a span: `3 s`; `None` for less than a second.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> Option<String> {
    let seconds = now.since(at).as_secs();
    let (unit, name) = UNITS.iter().find(|(unit, _)| seconds >= *unit)?;
    Some(format!("{} {name}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_age_has_its_largest_unit() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let shown =
            [0, 1, 59, 60, 3_599, 7_300, 200_000].map(|secs| ago(now.minus(Duration::from_secs(secs)), now));
        assert_eq!(
            shown,
            ["just now", "1 s ago", "59 s ago", "1 min ago", "59 min ago", "2 h ago", "2 d ago"]
        );
        assert_eq!(ago(now.plus(Duration::from_secs(60)), now), "just now");
    }
}
