//! `watchkeeper report`.

use super::Server;
use clap::Args;

#[derive(Args, Debug)]
#[command(after_help = "Example: watchkeeper report errors-by-service --csv > errors.csv")]
pub(crate) struct ReportArgs {
    /// The report to run [default: list the reports]
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Print the answer as CSV (RFC 4180)
    #[arg(long, requires = "name", conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Print JSON, one object per line: of an answer, an object for each row
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}
