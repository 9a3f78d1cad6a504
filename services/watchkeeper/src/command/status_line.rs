//! How far something has come, on stderr.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// How often a terminal is told.
const ON_A_TERMINAL: Duration = Duration::from_secs(1);
/// How often a log is told.
const IN_A_LOG: Duration = Duration::from_secs(10);

/// Tells how far something has come, now and then.
pub(super) struct StatusLine {
    is_terminal: bool,
    told_at: Instant,
}

impl StatusLine {
    pub(super) fn on_stderr() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), told_at: Instant::now() }
    }

    /// How long ago it was told, if that is long enough to be told again.
    pub(super) fn due(&self) -> Option<Duration> {
        let elapsed = self.told_at.elapsed();
        (elapsed >= if self.is_terminal { ON_A_TERMINAL } else { IN_A_LOG }).then_some(elapsed)
    }

    pub(super) fn tell(&mut self, text: &str) {
        let text = if self.is_terminal { format!("\r\x1b[K{text}") } else { format!("{text}\n") };
        let _ = io::stderr().write_all(text.as_bytes());
        self.told_at = Instant::now();
    }

    /// On a terminal one line shows the last of it, and is gone in the end.
    pub(super) fn end(&self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
