//! What each sub-command does.

pub(crate) mod alerts;
pub(crate) mod check_config;
pub(crate) mod completions;
pub(crate) mod dead_letters;
pub(crate) mod migrate;
pub(crate) mod notifications;
pub(crate) mod query;
pub(crate) mod roles;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod silences;
pub(crate) mod tail;
pub(crate) mod token;
pub(crate) mod up;

mod client;
mod data_dir;
mod process;
mod reload;
mod status_line;
mod table;

use std::io::{self, Write as _};
use std::time::Duration;
use watchkeeper_domain::text;

/// Says on stderr what went wrong, with every cause.
pub(crate) fn complain(error: &anyhow::Error) {
    notice(&format!("{error:#}"));
}

/// Says on stderr what a reader of stdout should know.
pub(crate) fn notice(text: &str) {
    let _ = writeln!(io::stderr(), "watchkeeper: {}", text::lines(text));
}

/// Waits before a server is asked again.
#[expect(
    clippy::disallowed_methods,
    reason = "a command that asks a server has one thread and nothing else to do"
)]
pub(crate) fn pause(wait: Duration) {
    std::thread::sleep(wait);
}

/// Prints one line, as people may be shown what comes from anywhere. A reader that has gone away (`| head`) is an
/// error to stop at.
pub(crate) fn print_line(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}", text::line(line))
}

/// The same of a text whose lines are its own.
pub(crate) fn print_lines(lines: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}", text::lines(lines))
}

/// Whether a command ended because nobody reads on, which is how `| head` ends it.
pub(crate) fn was_cut_short(error: &anyhow::Error) -> bool {
    let broken_pipe = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(broken_pipe))
}
