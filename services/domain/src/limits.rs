//! Limits of series and samples. In one place, so that every input refuses the same.

use crate::clock::Present;
use crate::{SeriesParts, Timestamp};
use std::time::Duration;

/// Longest `source`, in bytes.
pub const MAX_SOURCE_BYTES: usize = 64;
/// Longest `name` of a series, in bytes.
pub const MAX_NAME_BYTES: usize = 200;
/// Longest `unit`, in bytes.
pub const MAX_UNIT_BYTES: usize = 32;
/// Most labels of one series.
pub const MAX_LABELS: usize = 32;
/// Longest name of a label, in bytes.
pub const MAX_LABEL_NAME_BYTES: usize = 128;
/// Longest value of a label, in bytes.
pub const MAX_LABEL_VALUE_BYTES: usize = 1024;
/// Names and values of all labels of one series together, in bytes: a series key has to fit a request's
/// head and a page's cursor.
pub const MAX_LABELS_BYTES: usize = 8 * 1024;
/// Longest [`Series::key`](crate::Series::key), in bytes, with every byte of every label's value escaped.
pub const MAX_KEY_BYTES: usize = MAX_SOURCE_BYTES
    + MAX_NAME_BYTES
    + MAX_UNIT_BYTES
    + 2 * MAX_LABELS_BYTES
    + MAX_LABELS * "=\"\",".len()
    + "/{} ".len();
/// Longest [`Note`](crate::Note), in bytes.
pub const MAX_NOTE_BYTES: usize = 256;
/// How far a sample's time may be ahead of the receiver's clock: clocks drift, calendars do not.
pub const MAX_AHEAD: Duration = Duration::from_secs(10 * 60);
/// The same for consumers: their clock may differ from that of the role that accepted the record by as much
/// again, and what was accepted must not be refused later.
pub const MAX_AHEAD_TAKEN: Duration = Duration::from_secs(2 * MAX_AHEAD.as_secs());
/// How long a record may stay on the bus or in a spool after it was accepted and still be stored, although it
/// has outgrown the retention meanwhile.
pub const MAX_WAIT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Why a series or sample is refused: the field, and the limit it breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Violation {
    /// The field as the sender spelled it: `value`, `labels`, `labels.host`.
    pub field: String,
    /// What is wrong with it, with the limit in figures.
    pub reason: String,
}

impl Violation {
    /// A refusal of `field` for `reason`.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

/// Checks the parts of a series; `labels` must be sorted by name.
pub fn check_series(parts: &SeriesParts<'_>) -> Result<(), Violation> {
    check_word("source", parts.source, MAX_SOURCE_BYTES, "_.:-")?;
    check_word("name", parts.name, MAX_NAME_BYTES, "_.:-/")?;
    if !parts.unit.is_empty() {
        check_text("unit", parts.unit, MAX_UNIT_BYTES)?;
    }
    check_label_count(parts.labels.len())?;
    for (index, (name, value)) in parts.labels.iter().enumerate() {
        check_label_name(name)?;
        if index > 0 && parts.labels[index - 1].0 == *name {
            return Err(Violation::new(format!("labels.{name}"), "is given twice"));
        }
        check_label_value(name, value)?;
    }
    let bytes: usize = parts.labels.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MAX_LABELS_BYTES {
        return Err(Violation::new(
            "labels",
            format!("have {bytes} bytes in all, the limit is {MAX_LABELS_BYTES}"),
        ));
    }
    Ok(())
}

/// Checks the number of labels, for parsers that stop at the limit.
pub fn check_label_count(count: usize) -> Result<(), Violation> {
    if count <= MAX_LABELS {
        return Ok(());
    }
    Err(Violation::new("labels", format!("has {count} labels, the limit is {MAX_LABELS}")))
}

/// Checks the length of the text of a [`Note`](crate::Note).
pub fn check_note(note: &str) -> Result<(), Violation> {
    if note.len() <= MAX_NOTE_BYTES {
        return Ok(());
    }
    Err(Violation::new("note", format!("has {} bytes, the limit is {MAX_NOTE_BYTES}", note.len())))
}

/// Checks that a value is a finite number.
pub fn check_value(value: f64) -> Result<(), Violation> {
    if value.is_finite() { Ok(()) } else { Err(Violation::new("value", "must be a finite number")) }
}

/// Checks that `at` is at most [`MAX_AHEAD`] after `now`.
pub fn check_time(at: Timestamp, now: Timestamp) -> Result<(), Violation> {
    check_ahead(at, now, MAX_AHEAD)
}

/// Checks a sample on input: its time is at most [`MAX_AHEAD`] after `now`, and not so old that it would be
/// pruned at once.
pub fn check_accepted(at: Timestamp, now: Timestamp, retention: Duration) -> Result<(), Violation> {
    check_ahead(at, now, MAX_AHEAD)?;
    check_age(at, now.minus(retention), retention)
}

/// Checks a sample from the bus, where nothing need have checked it: like [`check_accepted`], with allowances
/// for what was valid when it was accepted ([`MAX_AHEAD_TAKEN`], [`MAX_WAIT`]).
pub fn check_taken(at: Timestamp, present: Present, retention: Duration) -> Result<(), Violation> {
    check_possible(at, present.latest)?;
    check_age(at, present.earliest.minus(retention).minus(MAX_WAIT), retention)
}

/// Checks that a sample consumed at `now` can have been measured: it is not later than [`latest_possible`].
pub fn check_possible(at: Timestamp, now: Timestamp) -> Result<(), Violation> {
    check_ahead(at, now, MAX_AHEAD_TAKEN)
}

/// The latest possible time of a sample consumed at `now`. Nothing later was ever measured: it is not the
/// latest of anything.
#[must_use]
pub fn latest_possible(now: Timestamp) -> Timestamp {
    now.plus(MAX_AHEAD_TAKEN)
}

fn check_ahead(at: Timestamp, now: Timestamp, most: Duration) -> Result<(), Violation> {
    if at <= now.plus(most) {
        return Ok(());
    }
    let reason = format!("is {} s in the future, the limit is {} s", at.since(now).as_secs(), most.as_secs());
    Err(Violation::new("collected_at", reason))
}

fn check_age(at: Timestamp, oldest: Timestamp, retention: Duration) -> Result<(), Violation> {
    const DAY: u64 = 24 * 60 * 60;
    if at >= oldest {
        return Ok(());
    }
    let kept_for = match retention.as_secs() {
        whole_days if whole_days % DAY == 0 => format!("{} days", whole_days / DAY),
        secs => format!("{secs} s"),
    };
    Err(Violation::new("collected_at", format!("is {at}, older than the retention of {kept_for}")))
}

fn check_label_name(name: &str) -> Result<(), Violation> {
    check_word("labels", name, MAX_LABEL_NAME_BYTES, "_.:-/")
        .map_err(|violation| Violation::new("labels", format!("a label's name {}", violation.reason)))
}

fn check_label_value(name: &str, value: &str) -> Result<(), Violation> {
    if value.len() > MAX_LABEL_VALUE_BYTES {
        return Err(Violation::new(format!("labels.{name}"), too_long(value, MAX_LABEL_VALUE_BYTES)));
    }
    check_printable(value).map_err(|reason| Violation::new(format!("labels.{name}"), reason))
}

/// A word appears unquoted in a series key: letters, digits and a few marks.
fn check_word(field: &str, text: &str, max_bytes: usize, marks: &str) -> Result<(), Violation> {
    check_length(field, text, max_bytes)?;
    match text.chars().find(|&c| !c.is_alphanumeric() && !marks.contains(c)) {
        None => Ok(()),
        Some(found) => Err(Violation::new(
            field,
            format!("may have only letters, digits and any of {marks} but has {found:?}"),
        )),
    }
}

fn check_text(field: &str, text: &str, max_bytes: usize) -> Result<(), Violation> {
    check_length(field, text, max_bytes)?;
    check_printable(text).map_err(|reason| Violation::new(field, reason))
}

fn check_length(field: &str, text: &str, max_bytes: usize) -> Result<(), Violation> {
    if text.is_empty() {
        return Err(Violation::new(field, format!("must have 1 to {max_bytes} bytes, is empty")));
    }
    if text.len() > max_bytes {
        return Err(Violation::new(field, too_long(text, max_bytes)));
    }
    Ok(())
}

fn too_long(text: &str, max_bytes: usize) -> String {
    format!("has {} bytes, the limit is {max_bytes}", text.len())
}

fn check_printable(text: &str) -> Result<(), String> {
    match text.chars().find(|c| c.is_control()) {
        None => Ok(()),
        Some(found) => Err(format!("must not contain control characters but has {found:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Label;

    fn refused(parts: &SeriesParts<'_>) -> String {
        check_series(parts).unwrap_err().to_string()
    }

    fn labels(count: usize) -> Vec<Label<'static>> {
        (0..count).map(|i| (format!("l{i:03}").into(), "v".into())).collect()
    }

    #[test]
    fn each_field_is_accepted_at_its_limit_and_refused_past_it() {
        let at = |n| "x".repeat(n);
        let (source, name, unit) = (at(MAX_SOURCE_BYTES + 1), at(MAX_NAME_BYTES + 1), at(MAX_UNIT_BYTES + 1));
        let fits = SeriesParts {
            source: &source[1..],
            name: &name[1..],
            unit: &unit[1..],
            labels: &[(at(MAX_LABEL_NAME_BYTES).into(), at(MAX_LABEL_VALUE_BYTES).into())],
        };
        assert_eq!(check_series(&fits), Ok(()));
        assert_eq!(
            refused(&SeriesParts { source: &source, ..fits }),
            "source: has 65 bytes, the limit is 64"
        );
        assert_eq!(refused(&SeriesParts { name: &name, ..fits }), "name: has 201 bytes, the limit is 200");
        assert_eq!(refused(&SeriesParts { unit: &unit, ..fits }), "unit: has 33 bytes, the limit is 32");
        let long_name = [(at(MAX_LABEL_NAME_BYTES + 1).into(), "v".into())];
        assert_eq!(
            refused(&SeriesParts { labels: &long_name, ..fits }),
            "labels: a label's name has 129 bytes, the limit is 128"
        );
        let long_value = [("l".into(), at(MAX_LABEL_VALUE_BYTES + 1).into())];
        assert_eq!(
            refused(&SeriesParts { labels: &long_value, ..fits }),
            "labels.l: has 1025 bytes, the limit is 1024"
        );
        assert_eq!(check_series(&SeriesParts { labels: &labels(MAX_LABELS), ..fits }), Ok(()));
        assert_eq!(
            refused(&SeriesParts { labels: &labels(MAX_LABELS + 1), ..fits }),
            "labels: has 33 labels, the limit is 32"
        );
    }

    #[test]
    fn all_labels_together_are_accepted_at_their_limit_and_refused_past_it() {
        let value = "x".repeat(MAX_LABEL_VALUE_BYTES - 1);
        let mut labels: Vec<Label<'_>> = (0..8)
            .map(|name: u8| (char::from(b'a' + name).to_string().into(), value.as_str().into()))
            .collect();
        let check = |labels: &[Label<'_>]| {
            check_series(&SeriesParts { source: "host", name: "load", unit: "", labels })
        };
        assert_eq!(check(&labels), Ok(()));
        labels.push(("z".into(), "".into()));
        assert_eq!(
            check(&labels).unwrap_err().to_string(),
            "labels: have 8193 bytes in all, the limit is 8192"
        );
    }

    #[test]
    fn a_field_of_the_wrong_characters_is_refused_by_name() {
        let parts = SeriesParts { source: "host", name: "load", unit: "", labels: &[] };
        assert_eq!(
            refused(&SeriesParts { source: "", ..parts }),
            "source: must have 1 to 64 bytes, is empty"
        );
        assert_eq!(
            refused(&SeriesParts { source: "a/b", ..parts }),
            "source: may have only letters, digits and any of _.:- but has '/'"
        );
        assert_eq!(
            refused(&SeriesParts { unit: "a\nb", ..parts }),
            "unit: must not contain control characters but has '\\n'"
        );
        let twice: [Label<'_>; 2] = [("a".into(), "1".into()), ("a".into(), "2".into())];
        assert_eq!(refused(&SeriesParts { labels: &twice, ..parts }), "labels.a: is given twice");
    }

    #[test]
    fn a_time_is_accepted_up_to_the_limit_ahead() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        assert_eq!(check_time(now.plus(MAX_AHEAD), now), Ok(()));
        let past_it = now.plus(MAX_AHEAD).plus(Duration::from_secs(1));
        assert_eq!(
            check_time(past_it, now).unwrap_err().to_string(),
            "collected_at: is 601 s in the future, the limit is 600 s"
        );
    }

    #[test]
    fn a_time_is_accepted_down_to_the_retention() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let check = |at, days: u64| {
            check_accepted(at, now, Duration::from_secs(days * 24 * 60 * 60))
                .map_err(|error| error.to_string())
        };
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(check(at("2026-11-10T10:00:00Z"), 10), Ok(()));
        assert_eq!(
            check(at("2026-11-10T09:59:59Z"), 10),
            Err("collected_at: is 2026-11-10T09:59:59Z, older than the retention of 10 days".into())
        );
        assert_eq!(check(now.plus(MAX_AHEAD), 10), Ok(()));
        assert!(check(now.plus(MAX_AHEAD_TAKEN), 10).is_err());
        assert_eq!(check(Timestamp::MIN, 36_500), Ok(()));
        let refused = check_accepted(Timestamp::MIN, now, Duration::from_secs(90_000)).unwrap_err();
        assert!(refused.reason.ends_with("older than the retention of 90000 s"), "{refused}");
    }

    #[test]
    fn what_was_accepted_is_taken_although_it_waited_and_the_clocks_differ() {
        let (now, retention) = ("2026-11-20T10:00:00Z".parse::<Timestamp>().unwrap(), MAX_WAIT);
        let (oldest, newest) = (now.minus(retention), now.plus(MAX_AHEAD));
        for at in [oldest, newest] {
            assert_eq!(check_accepted(at, now, retention), Ok(()));
        }
        let second = Duration::from_secs(1);
        let later = now.plus(MAX_WAIT);
        assert_eq!(check_taken(oldest, Present::at(later), retention), Ok(()));
        assert!(check_taken(oldest.minus(second), Present::at(later), retention).is_err());
        let earlier = now.minus(MAX_AHEAD);
        assert_eq!(check_taken(newest, Present::at(earlier), retention), Ok(()));
        assert!(check_taken(newest.plus(second), Present::at(earlier), retention).is_err());
        assert_eq!(latest_possible(earlier), newest);
    }

    #[test]
    fn a_clock_that_is_doubted_refuses_nothing_that_is_in_order_by_either() {
        let (right, year) =
            ("2026-11-20T10:00:00Z".parse::<Timestamp>().unwrap(), Duration::from_secs(31_536_000));
        for wrong in [right.plus(5 * year), right.minus(5 * year)] {
            let present = Present { earliest: right.min(wrong), latest: right.max(wrong) };
            for at in [right, wrong] {
                assert_eq!(check_taken(at, present, MAX_WAIT), Ok(()));
            }
        }
    }
}
