//! `watchkeeper silences`.

use super::{Output, Server};
use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub(crate) struct SilencesArgs {
    #[command(subcommand)]
    pub(crate) action: SilencesAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SilencesAction {
    /// List the silences that hold or are to hold later
    #[command(after_help = "Example: watchkeeper silences list --ended")]
    List {
        /// Also those that ended in the last 7 days
        #[arg(long)]
        ended: bool,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Have nobody notified of the alerts that match, for a time
    #[command(after_help = "Example: watchkeeper silences add 'rule=\"site_down\"' 'target=~\"shop.*\"' \
                            --for 2h --comment 'the shop moves'")]
    Add(AddSilenceArgs),
    /// End a silence now
    #[command(after_help = "Example: watchkeeper silences expire k3v9x2m7q4w8t5zn")]
    Expire {
        /// Its id in the list
        id: String,
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Args, Debug)]
pub(crate) struct AddSilenceArgs {
    /// Which alerts: FIELD="VALUE", or !=, =~ (a regular expression) or !~; all must hold. The fields are
    /// rule, severity, source, name, unit and the labels of the series
    #[arg(value_name = "MATCHER", required = true)]
    pub(crate) matchers: Vec<String>,
    /// How long it holds, such as 2h
    #[arg(
        long = "for",
        value_name = "DURATION",
        required_unless_present = "until",
        conflicts_with = "until"
    )]
    pub(crate) duration: Option<String>,
    /// Until when it holds: an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// From when on it holds: an RFC 3339 time; now if left out
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) comment: Option<String>,
    /// Who makes it
    #[arg(long, value_name = "NAME", env = "USER")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}
