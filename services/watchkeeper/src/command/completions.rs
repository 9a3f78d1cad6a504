//! `watchkeeper completions`.

use crate::cli::{Cli, CompletionsArgs};
use clap::CommandFactory as _;
use std::io::{self, Write as _};

pub(crate) fn run(args: &CompletionsArgs) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "watchkeeper", &mut script);
    io::stdout().write_all(&script)?;
    Ok(())
}
