//! `watchkeeper rules`.

use super::{Output, Selection, Server};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    pub(crate) action: RulesAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesAction {
    /// Check the rules of a configuration file, report every error, and list the rules
    #[command(after_help = "Example: watchkeeper rules check watchkeeper.toml --running")]
    Check {
        /// The configuration file
        file: PathBuf,
        /// Also report rules and inhibitions that match no series of a running Watchkeeper
        #[arg(long)]
        running: bool,
        #[command(flatten)]
        server: Server,
    },
    /// Run the tests of the rules, on a simulated clock
    Test {
        /// The configuration file
        file: PathBuf,
    },
    /// List the rules of a running Watchkeeper, and for how many series each fires
    #[command(after_help = "Example: watchkeeper rules list")]
    List {
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Explain, for each series, why a rule fires or does not fire now
    #[command(after_help = "Example: watchkeeper rules explain site_down --label target=shop")]
    Explain(ExplainArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The name of the rule
    pub(crate) rule: String,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}
