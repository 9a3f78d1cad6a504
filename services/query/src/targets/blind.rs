//! Whether the collector says that it cannot probe.

use super::board::Kind;
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};

/// A process that cannot probe says so every 30 s, or as often as it probes.
const SAYS_SO_EVERY: Duration = Duration::from_secs(30);

/// Why a target last checked at `checked` cannot be seen: some process has said since that it cannot probe.
pub(super) fn why(
    can_probe: &[Sample],
    kind: Kind,
    checked: Timestamp,
    interval: Duration,
    now: Timestamp,
) -> Option<String> {
    let fresh_for = interval.max(SAYS_SO_EVERY) * 3;
    let concerns = |sample: &&Sample| match sample.series.label("kind") {
        Some("icmp") => kind == Kind::Ping,
        _ => true,
    };
    let says_so = |sample: &&Sample| {
        sample.value <= 0.0 && sample.collected_at > checked && now.since(sample.collected_at) <= fresh_for
    };
    let found = can_probe.iter().filter(concerns).find(says_so)?;
    let host = found.series.label("host").map(|host| format!("{host}: ")).unwrap_or_default();
    let why = found.note.as_ref().map_or("cannot probe", |note| note.as_str());
    Some(format!("{host}{why}"))
}
