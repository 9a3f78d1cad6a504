//! `watchkeeper migrate`.

use clap::Args;
use std::path::PathBuf;

/// Printed after the options.
const EXPLANATION: &str = "\
From an embedded installation (--from embedded:DIR) the store goes to PostgreSQL, with or without the bus to Kafka, and \
the rollups to MongoDB. What an engine lacks is copied, then everything is read back and compared. What it has already \
stays. The embedded installation stays as it is.

From the database of the previous platform (--from postgres://…) the samples of its table metrics go into the \
store: PostgreSQL, or embedded:DIR. Rows that are no samples are left out, counted, and listed with --rejected FILE. The \
rollups of their time are made anew. The table is only read; while it is still written to, the same command takes the \
rest later.

A migration that was cut off is started again with the same command, and goes on where it was; one that finds nothing to \
copy has verified that everything is there.

Examples:
  watchkeeper migrate --to postgres:///watchkeeper?host=/run/postgresql --to kafka://127.0.0.1:9092
  watchkeeper migrate --from 'postgres://reader@db.example.org/metrics?sslmode=require' --config watchkeeper.toml";

/// From where, and where to.
#[derive(Args, Debug)]
#[command(after_help = EXPLANATION)]
pub(crate) struct MigrateArgs {
    /// An embedded installation, where `up` must not run (embedded:DIR), or the database of the previous platform
    /// (postgres://) [default: the data directory of `up`]
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,
    /// A file that holds the URL of --from, so that a password does not stand on a command line
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) from_file: Option<PathBuf>,
    /// Where to: kafka://, postgres:// or mongodb://, and for samples of a database embedded:DIR too; may be given
    /// several times. Without it, what [backends] of the configuration file names, where a password need not stand on
    /// a command line
    #[arg(long = "to", value_name = "URL")]
    pub(crate) to: Vec<String>,
    /// The configuration file: the engines, how they are used, and how long samples are kept
    #[arg(long, value_name = "FILE", required_unless_present = "to")]
    pub(crate) config: Option<PathBuf>,
    /// Append every row of a database that is left out to this file, as JSON, one a line; a later run may list rows
    /// again, with the same id
    #[arg(long, value_name = "FILE")]
    pub(crate) rejected: Option<PathBuf>,
    /// Read rows of a database that were taken over once more, and compare them
    #[arg(long)]
    pub(crate) again: bool,
}
