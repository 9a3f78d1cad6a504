//! Whether a target counts as up: a single probe may fail by chance.

use super::config::Thresholds;

/// The result of consecutive probes.
#[derive(Clone, Debug)]
pub(super) struct Availability {
    thresholds: Thresholds,
    is_up: Option<bool>,
    /// The result of the last probe, and how many in a row had the same one.
    last: bool,
    in_a_row: u32,
}

/// A change of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It was up, or unknown.
    WentDown,
    /// It was down, or unknown.
    CameUp,
}

impl Availability {
    /// For a target without probes yet.
    pub(super) fn new(thresholds: Thresholds) -> Self {
        Self { thresholds, is_up: None, last: false, in_a_row: 0 }
    }

    /// Adds the result of a probe.
    pub(super) fn found(&mut self, answers: bool) -> Option<Change> {
        let same = self.in_a_row > 0 && self.last == answers;
        self.in_a_row = if same { self.in_a_row.saturating_add(1) } else { 1 };
        self.last = answers;
        let needed = if answers { self.thresholds.successes } else { self.thresholds.failures };
        if self.in_a_row < needed || self.is_up == Some(answers) {
            return None;
        }
        self.is_up = Some(answers);
        Some(if answers { Change::CameUp } else { Change::WentDown })
    }

    /// 100 if it counts as up, 0 if down; `None` until enough consecutive probes agree.
    pub(super) fn percent(&self) -> Option<f64> {
        self.is_up.map(|is_up| if is_up { 100.0 } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percents(failures: u32, successes: u32, probes: &str) -> String {
        let mut availability = Availability::new(Thresholds { failures, successes });
        let shown = probes.chars().map(|probe| {
            availability.found(probe == '+');
            match availability.percent() {
                Some(0.0) => '-',
                Some(_) => '+',
                None => '?',
            }
        });
        shown.collect()
    }

    #[test]
    fn by_default_each_probe_decides() {
        assert_eq!(percents(1, 1, "++-+--+"), "++-+--+");
    }

    #[test]
    fn it_flips_after_as_many_in_a_row_as_the_threshold() {
        assert_eq!(percents(3, 2, "++--+---+-+++"), "?++++++----++");
    }

    #[test]
    fn nothing_is_said_before_a_threshold_is_reached() {
        assert_eq!(percents(3, 3, "+-+--+++-"), "???????++");
    }

    #[test]
    fn a_change_is_told_once() {
        let mut availability = Availability::new(Thresholds { failures: 2, successes: 1 });
        let changes: Vec<_> = [true, true, false, false, false, true].map(|up| availability.found(up)).into();
        assert_eq!(
            changes,
            [Some(Change::CameUp), None, None, Some(Change::WentDown), None, Some(Change::CameUp)]
        );
    }
}
