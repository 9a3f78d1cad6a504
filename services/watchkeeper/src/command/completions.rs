//! `watchkeeper completions`.

use crate::cli::{Cli, CompletionsArgs};
use clap::CommandFactory as _;

pub(crate) fn run(args: &CompletionsArgs) {
    clap_complete::generate(args.shell, &mut Cli::command(), "watchkeeper", &mut std::io::stdout());
}
