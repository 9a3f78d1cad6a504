//! `watchkeeper backup` and `watchkeeper restore`.

use clap::Args;
use std::path::PathBuf;

/// Printed after the options of `backup`.
const ABOUT_BACKUPS: &str = "\
Watchkeeper may run meanwhile. The backup has everything that was acknowledged before the command began. Every database \
is copied as of one moment and checked; manifest.json lists the files with their SHA-256, and the positions of the \
consumers. The directory appears when the backup is complete; only its owner can read it.

Each backup is complete; there are no incremental ones. A tool that stores differences between directories (borg, restic) can \
store several in little space.

Data in engines (Kafka, PostgreSQL, MongoDB) is not included: the command says how to back up each of them.

Examples:
  watchkeeper backup /var/backups/watchkeeper-$(date +%F)
  watchkeeper backup /mnt/usb/watchkeeper --config /etc/watchkeeper/watchkeeper.toml";

/// Printed after the options of `restore`.
const ABOUT_RESTORING: &str = "\
Stop Watchkeeper first. All files are compared with the manifest before anything is changed, and the data directory is \
replaced in one step. With --force, the data that it had before is kept beside it. The files belong to the owner of the \
directory that they replace.

Examples:
  watchkeeper restore /var/backups/watchkeeper-2026-11-20
  watchkeeper restore /var/backups/watchkeeper-2026-11-20 --data-dir /tmp/look && watchkeeper up --data-dir /tmp/look";

/// Where the backup goes, and what is backed up.
#[derive(Args, Debug)]
#[command(after_help = ABOUT_BACKUPS)]
pub(crate) struct BackupArgs {
    /// Directory for the backup; it must not exist yet, or must be empty
    #[arg(value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// The configuration file of the installation, if it has one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data directory of the installation
    /// [default: `$STATE_DIRECTORY`, else `~/.local/state/watchkeeper`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// The backup, and where it is restored.
#[derive(Args, Debug)]
#[command(after_help = ABOUT_RESTORING)]
pub(crate) struct RestoreArgs {
    /// The directory of the backup
    #[arg(value_name = "DIR")]
    pub(crate) from: PathBuf,
    /// The data directory to restore to
    /// [default: `$STATE_DIRECTORY`, else `~/.local/state/watchkeeper`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Replace the data in the directory, and keep it beside it
    #[arg(long)]
    pub(crate) force: bool,
}
