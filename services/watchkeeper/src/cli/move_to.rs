//! `watchkeeper move`.

use clap::Args;
use std::path::PathBuf;

/// Printed after the options.
const EXPLANATION: &str = "\
The store goes to PostgreSQL, with or without the bus to Kafka, and the rollups to MongoDB. What an engine lacks is \
copied, then everything is read back and compared. What it has already stays. A move that was cut off is started \
again with the same command, and goes on where it was; one that finds nothing to copy has verified that everything \
is there. The embedded installation stays as it is.

Example: watchkeeper move --to postgres:///watchkeeper?host=/run/postgresql --to kafka://127.0.0.1:9092";

/// From where, and where to.
#[derive(Args, Debug)]
#[command(after_help = EXPLANATION)]
pub(crate) struct MoveArgs {
    /// Where it is; `up` must not run there [default: the data directory of `up`]
    #[arg(long, value_name = "embedded:DIR", value_parser = embedded)]
    pub(crate) from: Option<PathBuf>,
    /// An engine to move to: kafka://, postgres:// or mongodb://; may be given several times. Without it, those
    /// that [backends] of the configuration file names, where a password need not stand on a command line
    #[arg(long = "to", value_name = "URL")]
    pub(crate) to: Vec<String>,
    /// The configuration file: the engines, and how they are used
    #[arg(long, value_name = "FILE", required_unless_present = "to")]
    pub(crate) config: Option<PathBuf>,
}

fn embedded(url: &str) -> Result<PathBuf, String> {
    let dir = url.strip_prefix("embedded:").filter(|dir| !dir.is_empty());
    dir.map(PathBuf::from).ok_or("must be embedded:DIR".to_owned())
}
