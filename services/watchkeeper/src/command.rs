//! What each sub-command does.

pub(crate) mod alerts;
pub(crate) mod check_config;
pub(crate) mod completions;
pub(crate) mod dead_letters;
pub(crate) mod move_to;
pub(crate) mod notifications;
pub(crate) mod query;
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
mod table;

use std::io::{self, Write as _};

/// Says on stderr what went wrong, with every cause.
pub(crate) fn complain(error: &anyhow::Error) {
    notice(&format!("{error:#}"));
}

/// Says on stderr what a reader of stdout should know.
pub(crate) fn notice(text: &str) {
    let _ = writeln!(io::stderr(), "watchkeeper: {text}");
}

/// Prints lines. A control character is shown as an escape, because what it stands in may come from
/// anywhere, and the terminal would obey it. A reader that has gone away (`| head`) is an error to stop at.
pub(crate) fn print_line(line: &str) -> io::Result<()> {
    let mut shown = String::with_capacity(line.len());
    for c in line.chars() {
        if c.is_control() && c != '\n' {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    writeln!(io::stdout(), "{shown}")
}

/// Whether a command ended because nobody reads on, which is how `| head` ends it.
pub(crate) fn was_cut_short(error: &anyhow::Error) -> bool {
    let broken_pipe = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(broken_pipe))
}
