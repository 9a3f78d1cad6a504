//! The sub-commands.

pub(crate) mod alerts;
pub(crate) mod backup;
pub(crate) mod check_config;
pub(crate) mod completions;
pub(crate) mod dead_letters;
pub(crate) mod delete;
pub(crate) mod import;
pub(crate) mod incidents;
pub(crate) mod logs;
pub(crate) mod manual;
pub(crate) mod migrate;
pub(crate) mod notifications;
pub(crate) mod notify;
pub(crate) mod pipelines;
pub(crate) mod query;
pub(crate) mod refusals;
pub(crate) mod refused;
pub(crate) mod report;
pub(crate) mod roles;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod silences;
pub(crate) mod status;
pub(crate) mod tail;
pub(crate) mod token;
pub(crate) mod up;

mod client;
mod data_dir;
mod listening;
mod process;
mod reload;
mod server_events;
mod status_line;
mod table;

#[cfg(test)]
pub(crate) use process::LAST_THREADS;

use std::io::{self, Write as _};
use std::time::Duration;
use watchkeeper_domain::text;
use watchkeeper_runtime::telemetry;

/// Prints an error with its chain of causes to stderr.
pub(crate) fn print_error(error: &anyhow::Error) {
    let is_journal = telemetry::stderr_is_the_journal();
    // The process has logged it, with fields.
    if is_journal && error.is::<RoleFailed>() {
        return;
    }
    // sd-daemon(3): lines of stderr have the priority "info" otherwise.
    let priority = if is_journal { "<3>" } else { "" };
    for line in text::lines(&format!("watchkeeper: {error:#}")).lines() {
        let _ = writeln!(io::stderr(), "{priority}{line}");
    }
}

/// Why a process ended by itself: the role and the reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct RoleFailed(String);

/// Prints a notice to stderr, apart from the output on stdout.
pub(crate) fn notice(text: &str) {
    let _ = writeln!(io::stderr(), "watchkeeper: {}", text::lines(text));
}

/// Sleeps between two requests to a server.
#[expect(
    clippy::disallowed_methods,
    reason = "a command that polls a server has one thread and nothing else to do"
)]
pub(crate) fn pause(wait: Duration) {
    std::thread::sleep(wait);
}

/// Prints one line, with control characters escaped. A closed pipe (`| head`) is an error, which ends the command.
pub(crate) fn print_line(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}", text::line(line))
}

/// Like [`print_line`], but keeps line breaks.
pub(crate) fn print_lines(lines: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}", text::lines(lines))
}

/// Whether the reader closed the pipe, as `| head` does.
pub(crate) fn was_cut_short(error: &anyhow::Error) -> bool {
    let broken_pipe = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(broken_pipe))
}
