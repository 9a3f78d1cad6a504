//! The state of a target, by its last check and how often it is checked.

use super::board::{Check, Kind, Since, State};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// A target that was not checked for so long is not listed any more: it is not configured, either.
pub const GONE_AFTER: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// So many intervals without a check are no coincidence.
const MISSED: u32 = 3;
/// Jitter, and the way through the bus.
const GRACE: Duration = Duration::from_secs(60);
/// How often a target is checked, as long as that is not known; longer than most are.
const UNKNOWN: Duration = Duration::from_secs(60 * 60);
/// The same for a domain.
const UNKNOWN_DOMAIN: Duration = Duration::from_secs(24 * 60 * 60);

/// How often a target is checked: the median distance of its last checks.
pub(super) fn check_interval(checks: &[Check], kind: Kind) -> Duration {
    let mut distances: Vec<_> = checks.windows(2).map(|pair| pair[1].at.since(pair[0].at)).collect();
    distances.sort_unstable();
    let unknown = if kind == Kind::Domain { UNKNOWN_DOMAIN } else { UNKNOWN };
    distances.get(distances.len() / 2).copied().unwrap_or(unknown)
}

/// The state of a target whose last check was at `at`. `is_blind`: the collector has said since that it cannot probe.
pub(super) fn judge(at: Timestamp, is_up: bool, interval: Duration, is_blind: bool, now: Timestamp) -> State {
    let age = now.since(at);
    let has_missed = |checks: u32| age > interval * checks + GRACE;
    match (is_up, is_blind) {
        (_, true) if age > interval => State::CannotSee,
        _ if has_missed(MISSED) => State::NoData,
        (true, _) => State::Up,
        (false, _) => State::Down,
    }
}

/// Since when the last checks agree; `None` without checks. `all` says that there were none before these.
pub(super) fn since(checks: &[Check], all: bool) -> Option<Since> {
    let last = checks.last()?;
    let same = checks.iter().rev().take_while(|check| check.is_up == last.is_up).count();
    let first = checks[checks.len() - same].at;
    Some(if same < checks.len() || all { Since::Exactly(first) } else { Since::Before(first) })
}
