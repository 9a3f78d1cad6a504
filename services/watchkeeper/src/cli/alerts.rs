//! `watchkeeper alerts` and `watchkeeper notifications`.

use super::{Output, Selection, Server};
use clap::{Args, Subcommand};

#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example: watchkeeper alerts --state firing --severity critical"
)]
pub(crate) struct AlertsArgs {
    #[command(subcommand)]
    pub(crate) action: Option<AlertsAction>,
    #[command(flatten)]
    pub(crate) list: ListAlertsArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlertsAction {
    /// Acknowledge firing alerts: they are not repeated or escalated until they clear
    #[command(
        after_help = "Examples: watchkeeper alerts ack 5f1d7a84e2c3b096 --comment 'restarting the shop'\n          \
                            watchkeeper alerts ack 'rule=\"site_down\"' 'target=\"shop\"' --for 2h"
    )]
    Ack(AckArgs),
    /// Take acknowledgements back: the alerts are repeated and escalated again
    #[command(after_help = "Example: watchkeeper alerts unack 5f1d7a84e2c3b096")]
    Unack(UnackArgs),
}

#[derive(Args, Debug)]
pub(crate) struct UnackArgs {
    /// IDs of alerts, as `alerts` shows them; or matchers FIELD="VALUE" (or !=, =~, !~) for all firing alerts that
    /// match all of them
    #[arg(value_name = "ID|MATCHER", required = true)]
    pub(crate) which: Vec<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct AckArgs {
    /// IDs of alerts, as `alerts` shows them; or matchers FIELD="VALUE" (or !=, =~, !~) for all firing alerts that
    /// match all of them
    #[arg(value_name = "ID|MATCHER", required = true)]
    pub(crate) which: Vec<String>,
    /// How long to hold at most, such as 2h [default: until the alerts clear]
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) duration: Option<String>,
    /// What to tell others
    #[arg(long, value_name = "TEXT")]
    pub(crate) comment: Option<String>,
    /// Who acknowledges
    #[arg(long, value_name = "NAME", env = "USER")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct ListAlertsArgs {
    /// Only alerts in this state: firing, cleared or pending [default: firing and cleared]
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// Only alerts of this rule
    #[arg(long)]
    pub(crate) rule: Option<String>,
    /// Only alerts of this severity: info, warning or critical
    #[arg(long)]
    pub(crate) severity: Option<String>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, after_help = "Example: watchkeeper notifications --last 5")]
pub(crate) struct NotificationsArgs {
    #[command(subcommand)]
    pub(crate) action: Option<NotificationsAction>,
    #[command(flatten)]
    pub(crate) list: ListNotificationsArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NotificationsAction {
    /// Send a pending or permanently failed notification now
    #[command(after_help = "Example: watchkeeper notifications retry 5f1d7a84e2c3b0965f1d7a84-3")]
    Retry {
        /// Its ID, as `notifications` shows it
        id: String,
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ListNotificationsArgs {
    /// How many notifications to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) last: u32,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}
