//! Whether a target counts as up: what one probe finds may be chance.

use super::config::Thresholds;

/// What the probes of a target come to.
#[derive(Clone, Debug)]
pub(super) struct Availability {
    thresholds: Thresholds,
    is_up: Option<bool>,
    /// What the last probe found, and how many before it in a row found the same, itself among them.
    last: bool,
    in_a_row: u32,
}

/// What a probe changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It was up, or nothing was known of it.
    WentDown,
    /// It was down, or nothing was known of it.
    CameUp,
}

impl Availability {
    /// Of a target that was never probed.
    pub(super) fn new(thresholds: Thresholds) -> Self {
        Self { thresholds, is_up: None, last: false, in_a_row: 0 }
    }

    /// Takes in what a probe found.
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

    /// 100 when it counts as up, 0 when as down; `None` until enough probes in a row have found the same.
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
