//! `watchkeeper delete`.

use super::{Selection, Server};
use clap::Args;

/// Printed after the options.
const EXPLANATION: &str = "\
Deletes all samples, rollups and latest values of the series that match, as `watchkeeper query series` lists them with \
the same options. This cannot be undone: take a backup first. A series that is still collected or sent comes back with \
new samples. Alerts and notifications are kept. If the command is interrupted, run it again for the rest.

Requires a token with the scope admin, if the API requires tokens.

Examples:
  watchkeeper delete --source demo --dry-run
  watchkeeper delete --source demo --name answer
  watchkeeper delete --label host=web1 --yes";

#[derive(Args, Debug)]
#[command(after_help = EXPLANATION)]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Only count what would be deleted
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}
