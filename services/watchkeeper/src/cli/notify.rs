//! `watchkeeper notify`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct NotifyArgs {
    #[command(subcommand)]
    pub(crate) action: NotifyAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NotifyAction {
    /// Send a test message now to each recipient of a receiver, and print what became of it
    #[command(after_help = "Example: watchkeeper notify test ops --config watchkeeper.toml")]
    Test {
        /// The name of the receiver in [[notifier.receiver]]
        receiver: String,
        /// The configuration file, whose secret files are read; without one, the receiver is `default`
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Directory for mail, if no mail server is configured
        /// [default: `$STATE_DIRECTORY`, else `~/.local/state/watchkeeper`]
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
}
