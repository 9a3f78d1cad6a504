//! The last checks of a target as a bar: one stroke per check, the newest on the right.

use crate::format::count;
use std::fmt::Write as _;
use watchkeeper_query::{Check, MAX_CHECKS};

/// From one stroke to the next, in units of the view box. Same as in the template.
const DISTANCE: f64 = 5.0;

/// A bar. A failed check is taller, too: colour alone does not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// The `d` of the path of the successful checks.
    pub(super) up: String,
    /// The same of the failed ones; empty if there are none.
    pub(super) down: String,
    /// The same of the places that no check has taken yet.
    pub(super) vacant: String,
    /// The text alternative.
    pub(super) title: String,
}

impl Bar {
    /// `None` without checks.
    pub(super) fn new(checks: &[Check]) -> Option<Self> {
        let (first, last) = (checks.first()?, checks.last()?);
        let (mut up, mut down, mut vacant) = (String::new(), String::new(), String::new());
        let begin = MAX_CHECKS.saturating_sub(checks.len());
        (0..begin).for_each(|place| stroke(&mut vacant, place, "9v4"));
        for (place, check) in (begin..).zip(checks) {
            if check.is_up { stroke(&mut up, place, "5v12") } else { stroke(&mut down, place, "1v20") }
        }
        let failed = checks.iter().filter(|check| !check.is_up).count();
        let time = |check: &Check| check.at.to_string().get(11..16).unwrap_or_default().to_owned();
        let result = match failed {
            0 => "all succeeded".to_owned(),
            failed if failed == checks.len() => "all failed".to_owned(),
            failed => format!("{} of them failed", count(failed)),
        };
        let checks = match checks.len() {
            1 => "Last check".to_owned(),
            checks => format!("Last {} checks", count(checks)),
        };
        Some(Self {
            up,
            down,
            vacant,
            title: format!("{checks}, {} to {} UTC: {result}", time(first), time(last)),
        })
    }
}

fn stroke(path: &mut String, place: usize, stroke: &str) {
    #[expect(clippy::cast_precision_loss, reason = "at most 40")]
    let x = place as f64 * DISTANCE + DISTANCE / 2.0;
    write!(path, "M{x} {stroke}").expect("memory takes every write");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use watchkeeper_domain::Timestamp;

    fn checks(results: &str) -> Vec<Check> {
        let check = |(minute, result): (u32, char)| Check {
            at: Timestamp::MIN.plus(Duration::from_secs(60) * minute),
            is_up: result == '+',
            note: None,
            latency: None,
        };
        (0..).zip(results.chars()).map(check).collect()
    }

    #[test]
    fn the_newest_check_is_on_the_right_and_a_failed_one_is_taller() {
        let bar = Bar::new(&checks("+-+")).unwrap();
        assert_eq!((bar.up.as_str(), bar.down.as_str()), ("M187.5 5v12M197.5 5v12", "M192.5 1v20"));
        assert_eq!(bar.title, "Last 3 checks, 00:00 to 00:02 UTC: 1 of them failed");
        assert_eq!(Bar::new(&checks("--")).unwrap().title, "Last 2 checks, 00:00 to 00:01 UTC: all failed");
        assert_eq!(Bar::new(&[]), None);
    }

    #[test]
    fn the_longest_bar_begins_at_the_left_edge() {
        let bar = Bar::new(&checks(&"+".repeat(MAX_CHECKS))).unwrap();
        assert!(bar.up.starts_with("M2.5 ") && bar.up.contains("M197.5 "), "{}", bar.up);
        assert_eq!(bar.vacant, "");
        let shorter = Bar::new(&checks(&"+".repeat(MAX_CHECKS - 2))).unwrap();
        assert_eq!(shorter.vacant, "M2.5 9v4M7.5 9v4");
    }
}
