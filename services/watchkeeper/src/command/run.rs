//! `watchkeeper run`.

use crate::cli::RunArgs;
use crate::config::Config;
use anyhow::bail;

/// Refuses: every back end there is belongs to one process.
pub(crate) fn run(args: &RunArgs) -> anyhow::Result<()> {
    Config::load(Some(&args.config))?;
    bail!(
        "the {} cannot run in a process of its own on the embedded back end: its files belong to one process, \
         so a second role could not open them. Use `watchkeeper up --config {}`, which runs every role in one process",
        args.role,
        args.config.display(),
    )
}
