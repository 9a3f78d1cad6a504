//! Migration progress, on stderr.

use crate::command::notice;
use crate::command::status_line::StatusLine;
use std::time::Duration;
use watchkeeper_migrate::{Event, Progress};
use watchkeeper_runtime::{Grouped, per_second};

/// Prints progress from time to time.
pub(super) struct Reporter {
    line: StatusLine,
    printed: Progress,
}

impl Reporter {
    pub(super) fn on_stderr() -> Self {
        Self { line: StatusLine::on_stderr(), printed: Progress::default() }
    }

    pub(super) fn report(&mut self, event: &Event<'_>) {
        match event {
            Event::Came(progress) => {
                if let Some(elapsed) = self.line.due() {
                    self.line.print(&summary(progress, &self.printed, elapsed));
                    self.printed = (*progress).clone();
                }
            }
            Event::LeavesOut(_) => {}
            Event::Waits { error, wait } => {
                self.end();
                notice(&format!("{error}; retrying in {:.1} s", wait.as_secs_f64()));
            }
        }
    }

    pub(super) fn end(&self) {
        self.line.end();
    }
}

/// `samples: part 3 of 90, 120,000 compared, 100,000 copied, 41,000/s`; the rate is since the last line.
fn summary(progress: &Progress, before: &Progress, elapsed: Duration) -> String {
    let Progress { what, part: (number, of), compared, copied } = progress;
    let since = if before.what == *what { compared.saturating_sub(before.compared) } else { *compared };
    let part = if *of > 1 { format!("part {number} of {of}, ") } else { String::new() };
    format!(
        "{what}: {part}{} compared, {} copied, {}/s",
        Grouped(*compared),
        Grouped(*copied),
        Grouped(per_second(since, elapsed)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_how_far_and_how_fast() {
        let progress = |compared| Progress { what: "samples", part: (3, 90), compared, copied: 1_000 };
        let (now, before, elapsed) = (progress(12_000), progress(2_000), Duration::from_secs(10));
        let expected = "samples: part 3 of 90, 12,000 compared, 1,000 copied, 1,000/s";
        assert_eq!(summary(&now, &before, elapsed), expected);
        let other = Progress { what: "alerts", ..before };
        assert_eq!(summary(&now, &other, elapsed), expected.replace("1,000/s", "1,200/s"));
        let whole = Progress { part: (1, 1), ..now };
        assert_eq!(summary(&whole, &other, elapsed), "samples: 12,000 compared, 1,000 copied, 1,200/s");
    }
}
