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
    /// List active and pending silences
    #[command(after_help = "Example: watchkeeper silences list --ended")]
    List {
        /// Include silences that ended in the last 7 days
        #[arg(long)]
        ended: bool,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Mute notifications for matching alerts
    #[command(after_help = "Example: watchkeeper silences add 'rule=\"site_down\"' 'target=~\"shop.*\"' \
                            --for 2h --comment 'database upgrade'")]
    Add(AddSilenceArgs),
    /// End a silence now
    #[command(after_help = "Example: watchkeeper silences expire k3v9x2m7q4w8t5zn")]
    Expire {
        /// The id, as `silences list` shows it
        id: String,
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Args, Debug)]
pub(crate) struct AddSilenceArgs {
    /// Alerts to mute: FIELD="VALUE", or !=, =~ (a regular expression) or !~; an alert must match all of them. Fields
    /// are rule, severity, source, name, unit and the labels of the series
    #[arg(value_name = "MATCHER", required = true)]
    pub(crate) matchers: Vec<String>,
    /// How long the silence lasts, such as 2h
    #[arg(
        long = "for",
        value_name = "DURATION",
        required_unless_present = "until",
        conflicts_with = "until"
    )]
    pub(crate) duration: Option<String>,
    /// When the silence ends: an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// When the silence begins: an RFC 3339 time [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Why the alerts are silenced
    #[arg(long, value_name = "TEXT")]
    pub(crate) comment: Option<String>,
    /// Who creates the silence
    #[arg(long, value_name = "NAME", env = "USER")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}
