//! `watchkeeper pipelines`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct PipelinesArgs {
    #[command(subcommand)]
    pub(crate) action: PipelinesAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PipelinesAction {
    /// Check the pipelines of a configuration file, report every error, and list their steps
    #[command(after_help = "Example: watchkeeper pipelines check watchkeeper.toml")]
    Check {
        /// The configuration file
        file: PathBuf,
    },
    /// Run the tests of the pipelines
    Test {
        /// The configuration file
        file: PathBuf,
    },
    /// Read lines, of text or JSON, from standard input, and show what becomes of each, step by step
    #[command(
        after_help = "Example: tail -n 5 access.log | watchkeeper pipelines try watchkeeper.toml --service nginx"
    )]
    Try {
        /// The configuration file
        file: PathBuf,
        /// The service of lines that name none
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// The host of lines that name none
        #[arg(long, value_name = "NAME")]
        host: Option<String>,
    },
}
