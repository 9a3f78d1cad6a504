//! `watchkeeper migrate`.

use clap::Args;
use std::path::PathBuf;

/// Printed after the options.
const EXPLANATION: &str = "\
With --from embedded:DIR, the store of an embedded installation is copied to PostgreSQL, optionally its bus to Kafka and \
its rollups to MongoDB. Only what the destination lacks is copied; then everything is read back and compared. Nothing \
is deleted on either side.

With --from postgres://…, the samples in the table metrics of the previous platform are copied to the store: PostgreSQL, \
or embedded:DIR. Rows that are not valid samples are skipped and counted; --rejected FILE lists them. Rollups of the \
copied time range are recomputed. The table is only read; if it is still being written to, run the same command again \
later for the rest.

An interrupted migration resumes when the same command is run again. A run that copies nothing has verified that \
everything is there.

Examples:
  watchkeeper migrate --to postgres:///watchkeeper?host=/run/postgresql --to kafka://127.0.0.1:9092
  watchkeeper migrate --from 'postgres://reader@db.example.org/metrics?sslmode=require' --config watchkeeper.toml";

/// The source, the destinations, and how to handle rows.
#[derive(Args, Debug)]
#[command(after_help = EXPLANATION)]
pub(crate) struct MigrateArgs {
    /// The source: an embedded installation that is not running (embedded:DIR), or the database of the previous
    /// platform (postgres://) [default: the data directory of `up`]
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,
    /// A file with the URL of --from, to keep a password off the command line
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) from_file: Option<PathBuf>,
    /// A destination: kafka://, postgres:// or mongodb://, or embedded:DIR for samples of a database; repeatable
    /// [default: the [backends] of the configuration file, which can read passwords from files]
    #[arg(long = "to", value_name = "URL")]
    pub(crate) to: Vec<String>,
    /// The configuration file: backends, their settings, and the retention of samples
    #[arg(long, value_name = "FILE", required_unless_present = "to")]
    pub(crate) config: Option<PathBuf>,
    /// Append every skipped row of a database to this file, one JSON object per line; a later run may list a row
    /// again, with the same id
    #[arg(long, value_name = "FILE")]
    pub(crate) rejected: Option<PathBuf>,
    /// Read rows that were already migrated again, and compare them
    #[arg(long)]
    pub(crate) again: bool,
}
