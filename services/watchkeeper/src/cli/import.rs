//! The command `import`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    pub(crate) from: ImportFrom,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportFrom {
    /// Import the configuration of Gatus (YAML)
    Gatus(ImportFile),
    /// Import a backup of Uptime Kuma (JSON), or its database kuma.db
    UptimeKuma(ImportFile),
}

#[derive(Args, Debug)]
pub(crate) struct ImportFile {
    /// The file to import
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Write the configuration to a new file instead of printing it
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
