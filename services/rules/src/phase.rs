//! The phases of a rule, the same for every condition.

use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// The phase of a rule for one series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The condition does not hold.
    #[default]
    Resting,
    /// It holds, but not for long enough yet.
    Pending { since: Timestamp },
    /// The rule fires.
    Firing { since: Timestamp },
}

/// A change to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The rule has begun to fire.
    Fires { at: Timestamp },
    /// It no longer fires.
    Clears { fired_at: Timestamp, at: Timestamp },
}

impl Phase {
    pub(crate) const fn is_firing(self) -> bool {
        matches!(self, Self::Firing { .. })
    }

    pub(crate) const fn is_pending(self) -> bool {
        matches!(self, Self::Pending { .. })
    }

    /// Whether the condition held at the last evaluation.
    pub(crate) const fn holds(self) -> bool {
        !matches!(self, Self::Resting)
    }

    /// When the rule fires if the condition continues to hold.
    pub(crate) fn fires_at(self, hold: Duration) -> Option<Timestamp> {
        match self {
            Self::Pending { since } => Some(since.plus(hold)),
            Self::Resting | Self::Firing { .. } => None,
        }
    }

    /// Advances by whether the condition holds at `at`; it must hold for `hold`.
    pub(crate) fn step(&mut self, holds: bool, at: Timestamp, hold: Duration) -> Option<Turn> {
        let turn = match (*self, holds) {
            (Self::Resting, true) if hold.is_zero() => Turn::Fires { at },
            (Self::Pending { since }, true) if since.plus(hold) <= at => Turn::Fires { at: since.plus(hold) },
            (Self::Resting, true) => {
                *self = Self::Pending { since: at };
                return None;
            }
            // The clearing sample may have been in transit while the rule fired for lack of a newer one.
            (Self::Firing { since }, false) => Turn::Clears { fired_at: since, at: at.max(since) },
            (Self::Pending { .. }, false) => {
                *self = Self::Resting;
                return None;
            }
            (Self::Resting, false) | (Self::Pending { .. } | Self::Firing { .. }, true) => return None,
        };
        *self = match turn {
            Turn::Fires { at } => Self::Firing { since: at },
            Turn::Clears { .. } => Self::Resting,
        };
        Some(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::MIN.plus(Duration::from_secs(secs))
    }

    #[test]
    fn it_fires_when_the_condition_has_held_for_long_enough() {
        let (mut phase, hold) = (Phase::default(), Duration::from_secs(120));
        assert_eq!(phase.step(true, at(0), hold), None);
        assert_eq!(phase.step(true, at(119), hold), None);
        assert_eq!(phase.fires_at(hold), Some(at(120)));
        assert_eq!(phase.step(true, at(130), hold), Some(Turn::Fires { at: at(120) }));
        assert_eq!(phase.step(true, at(140), hold), None);
        assert_eq!(phase.step(false, at(150), hold), Some(Turn::Clears { fired_at: at(120), at: at(150) }));
    }

    #[test]
    fn what_does_not_hold_for_long_enough_never_fires() {
        let (mut phase, hold) = (Phase::default(), Duration::from_secs(120));
        for second in 0..1000 {
            assert_eq!(phase.step(second % 100 != 99, at(second), hold), None);
        }
    }

    proptest! {
        #[test]
        fn firing_and_clearing_take_turns_and_time_does_not_run_back(
            holds in proptest::collection::vec((any::<bool>(), 0_u64..100), 0..200), hold in 0_u64..100,
        ) {
            let (mut phase, hold) = (Phase::default(), Duration::from_secs(hold));
            let (mut now, mut last, mut fires) = (0, Timestamp::MIN, false);
            for (holds, later) in holds {
                now += later;
                let Some(turn) = phase.step(holds, at(now), hold) else { continue };
                let (is_firing, turned_at) = match turn {
                    Turn::Fires { at } => (true, at),
                    Turn::Clears { at, .. } => (false, at),
                };
                prop_assert_ne!(is_firing, fires);
                prop_assert!(last <= turned_at && turned_at <= at(now));
                (fires, last) = (is_firing, turned_at);
            }
        }
    }
}
