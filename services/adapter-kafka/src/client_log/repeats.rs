//! Suppresses repeated log lines.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long a written line is not repeated.
const SILENCE: Duration = Duration::from_secs(60);
/// How many kinds of lines are remembered; beyond that, all are forgotten.
const MAX_KINDS: usize = 64;

/// Recent lines, and how often each was suppressed.
#[derive(Default)]
pub(super) struct Repeats {
    kinds: HashMap<String, Kind>,
}

struct Kind {
    written_at: Instant,
    left_out: u64,
}

impl Repeats {
    /// Whether to write this line, and how many similar ones were suppressed since the last one was written.
    /// Lines are similar if they differ only in digits, such as durations or attempt numbers.
    pub(super) fn admit(&mut self, facility: &str, text: &str, now: Instant) -> Option<u64> {
        let kind = kind_of(facility, text);
        if let Some(known) = self.kinds.get_mut(&kind)
            && now.duration_since(known.written_at) < SILENCE
        {
            known.left_out += 1;
            return None;
        }
        if self.kinds.len() >= MAX_KINDS {
            self.kinds.clear();
        }
        let before = self.kinds.insert(kind, Kind { written_at: now, left_out: 0 });
        Some(before.map_or(0, |before| before.left_out))
    }
}

fn kind_of(facility: &str, text: &str) -> String {
    let mut kind = format!("{facility} ");
    kind.extend(text.chars().filter(|character| !character.is_ascii_digit()));
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_once_a_minute_and_says_how_often_it_was_left_out() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        let mut admit = |text: &str, second| repeats.admit("FAIL", text, start + Duration::from_secs(second));
        assert_eq!(admit("refused after 3 ms", 0), Some(0));
        assert_eq!(admit("refused after 21 ms", 1), None);
        assert_eq!(admit("timed out", 1), Some(0));
        assert_eq!(admit("refused after 4 ms", 59), None);
        assert_eq!(admit("refused after 4 ms", 60), Some(2));
    }

    #[test]
    fn no_more_kinds_are_remembered_than_the_limit() {
        let (mut repeats, now) = (Repeats::default(), Instant::now());
        for number in 0..=MAX_KINDS {
            repeats.admit(&"x".repeat(number), "text", now);
        }
        assert_eq!(repeats.kinds.len(), 1);
    }
}
