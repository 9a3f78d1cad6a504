//! What each sub-command does.

pub(crate) mod check_config;
pub(crate) mod completions;
pub(crate) mod dead_letters;
pub(crate) mod query;
pub(crate) mod run;
pub(crate) mod tail;
pub(crate) mod token;
pub(crate) mod up;

mod client;
mod table;

use std::io::{self, Write as _};

/// Says on stderr what went wrong, with every cause.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "watchkeeper: {error:#}");
}

/// Prints one line; a reader that has gone away (`| head`) is an error to stop at.
pub(crate) fn print_line(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
