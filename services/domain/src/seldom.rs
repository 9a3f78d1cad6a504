//! How often something that may happen often is logged.

use std::time::{Duration, Instant};

/// The shortest time between two lines about the same.
pub const TELL_EVERY: Duration = Duration::from_secs(60);

/// Admits one line at once and then one every [`TELL_EVERY`], with what was counted since the last one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seldom {
    told_at: Option<Instant>,
    untold: u64,
}

impl Seldom {
    /// Counts `count` more at `now`. Returns how many to tell of if a line is due.
    pub fn admit(&mut self, count: u64, now: Instant) -> Option<u64> {
        self.untold += count;
        let is_early = self.told_at.is_some_and(|at| now.saturating_duration_since(at) < TELL_EVERY);
        if self.untold == 0 || is_early {
            return None;
        }
        self.told_at = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_told_at_once_and_then_once_a_minute_with_how_much_there_was() {
        let (mut seldom, start) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.admit(0, start), None);
        assert_eq!(seldom.admit(3, start), Some(3));
        for second in 1..60 {
            assert_eq!(seldom.admit(1, start + Duration::from_secs(second)), None);
        }
        assert_eq!(seldom.admit(1, start + TELL_EVERY), Some(60));
        assert_eq!(seldom.admit(0, start + 2 * TELL_EVERY), None);
        assert_eq!(seldom.admit(1, start + 2 * TELL_EVERY), Some(1));
    }
}
