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
    /// Read the rules of a configuration file, report everything that is wrong with it, and list them
    Check {
        /// The configuration file
        file: PathBuf,
    },
    /// Run the tests that are written beside the rules, on a simulated clock
    Test {
        /// The configuration file
        file: PathBuf,
    },
    /// List the rules of a running Watchkeeper, and about how many series each fires
    #[command(after_help = "Example: watchkeeper rules list")]
    List {
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Ask a running Watchkeeper why a rule does or does not fire now, series by series
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
