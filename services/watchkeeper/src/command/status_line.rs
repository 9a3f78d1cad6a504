//! A progress line on stderr.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Interval on a terminal.
const ON_A_TERMINAL: Duration = Duration::from_secs(1);
/// Interval in a log.
const IN_A_LOG: Duration = Duration::from_secs(10);

/// Prints progress from time to time.
pub(super) struct StatusLine {
    is_terminal: bool,
    printed_at: Instant,
}

impl StatusLine {
    pub(super) fn on_stderr() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), printed_at: Instant::now() }
    }

    /// The time since the last line, if the next one is due.
    pub(super) fn due(&self) -> Option<Duration> {
        let elapsed = self.printed_at.elapsed();
        (elapsed >= if self.is_terminal { ON_A_TERMINAL } else { IN_A_LOG }).then_some(elapsed)
    }

    pub(super) fn print(&mut self, text: &str) {
        let text = if self.is_terminal { format!("\r\x1b[K{text}") } else { format!("{text}\n") };
        let _ = io::stderr().write_all(text.as_bytes());
        self.printed_at = Instant::now();
    }

    /// Clears the line on a terminal.
    pub(super) fn end(&self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
