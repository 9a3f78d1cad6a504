//! The status line.

use crate::due::{Known, Stand};
use crate::pass::Walk;
use watchkeeper_domain::Window;
use watchkeeper_runtime::Grouped;

/// For each window length, up to when windows are computed and how many are behind.
pub(crate) fn status_line(walks: &[Walk], known: &Known) -> String {
    let of = |walk: &Walk| match walk.stands(known).first() {
        Some(stand) => shown(walk.window, stand),
        None => String::new(),
    };
    walks.iter().map(of).collect::<Vec<_>>().join("; ")
}

fn shown(window: Window, stand: &Stand<'_>) -> String {
    let adverb = match window {
        Window::Hour => "hourly",
        Window::Day => "daily",
    };
    let Some(next) = stand.next else { return format!("{adverb}: no samples yet") };
    match stand.behind() {
        0 => format!("{adverb}: done until {next}"),
        1 => format!("{adverb}: done until {next}, 1 window behind"),
        behind => format!("{adverb}: done until {next}, {} windows behind", Grouped(behind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{config, time};
    use std::collections::HashMap;

    #[test]
    fn the_line_reads_at_a_glance() {
        let walks = Walk::all(&config());
        let line = |oldest: Option<&str>, now| {
            status_line(&walks, &Known { now: time(now), oldest: oldest.map(time), marks: HashMap::new() })
        };
        assert_eq!(line(None, "20T12:05"), "hourly: no samples yet; daily: no samples yet");
        assert_eq!(
            line(Some("20T10:30"), "20T11:05"),
            "hourly: done until 2026-01-20T10:00:00Z, 1 window behind; daily: done until 2026-01-20T00:00:00Z"
        );
        assert!(
            line(Some("01T00:00"), "31T01:00").starts_with("hourly: done until 2026-01-01T00:00:00Z, 720 w")
        );
    }
}
