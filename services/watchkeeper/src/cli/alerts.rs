//! `watchkeeper alerts` and `watchkeeper notifications`.

use super::{Output, Selection, Server};
use clap::Args;

#[derive(Args, Debug)]
#[command(after_help = "Example: watchkeeper alerts --state firing --severity critical")]
pub(crate) struct AlertsArgs {
    /// Only alerts in this state: firing or cleared
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
#[command(after_help = "Example: watchkeeper notifications --last 5")]
pub(crate) struct NotificationsArgs {
    /// How many notifications to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) last: u32,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}
