//! `watchkeeper dead-letters`.

use super::{Output, Server};
use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub(crate) struct DeadLettersArgs {
    #[command(subcommand)]
    pub(crate) action: DeadLettersAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersAction {
    /// List the records that were rejected and neither sent in again nor discarded, the oldest first
    List {
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        limit: usize,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Show one of them with its original bytes
    Show {
        /// Its number in the list
        id: String,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Send them to their topic again, as they were
    ///
    /// Waits for the end and tells how far it is. Interrupting the command leaves it running in the server;
    /// `watchkeeper dead-letters stop` ends it there. What was sent is marked, and another replay goes on with the
    /// rest.
    #[command(after_help = "Example: watchkeeper dead-letters replay --all")]
    Replay {
        #[command(flatten)]
        which: WhichLetters,
        #[command(flatten)]
        server: Server,
    },
    /// Give them up: they wait no more, and are not sent
    ///
    /// Their topic keeps them for its time, and `watchkeeper dead-letters show` still shows them.
    #[command(after_help = "Example: watchkeeper dead-letters discard metrics.dead-0-42")]
    Discard {
        #[command(flatten)]
        which: WhichLetters,
        #[command(flatten)]
        server: Server,
    },
    /// List the replays and discards since the server started, and how far each has come
    Runs {
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Stop a replay or a discard that goes on
    #[command(after_help = "Example: watchkeeper dead-letters stop k3v9x2m7q4w8t5zn")]
    Stop {
        /// Its id, as it was printed and as in the list of runs
        id: String,
        #[command(flatten)]
        server: Server,
    },
}

/// Which letters are meant.
#[derive(Args, Debug)]
pub(crate) struct WhichLetters {
    /// Their numbers in the list
    #[arg(required_unless_present = "all")]
    pub(crate) ids: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
}
