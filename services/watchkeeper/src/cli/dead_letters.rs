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
    /// List pending dead letters, oldest first
    List {
        /// How many to list at most
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        limit: usize,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Show one dead letter with its original bytes
    Show {
        /// The id, as `dead-letters list` shows it
        id: String,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Publish dead letters to their original topic again
    ///
    /// Runs in the server; the command shows progress until it ends. Interrupting the command does not stop the replay:
    /// use `watchkeeper dead-letters stop`. Letters that were published are marked, so that another replay continues
    /// with the rest.
    #[command(after_help = "Example: watchkeeper dead-letters replay --all")]
    Replay {
        #[command(flatten)]
        which: WhichLetters,
        #[command(flatten)]
        server: Server,
    },
    /// Discard dead letters: they are no longer pending and are not replayed
    ///
    /// They stay on their topic until its retention ends, and `watchkeeper dead-letters show` still shows them.
    #[command(after_help = "Example: watchkeeper dead-letters discard metrics.dead-0-42")]
    Discard {
        #[command(flatten)]
        which: WhichLetters,
        #[command(flatten)]
        server: Server,
    },
    /// List replays and discards since the server started, with their progress
    Runs {
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Stop a running replay or discard
    #[command(after_help = "Example: watchkeeper dead-letters stop k3v9x2m7q4w8t5zn")]
    Stop {
        /// The id, as printed by the command that started it and by `dead-letters runs`
        id: String,
        #[command(flatten)]
        server: Server,
    },
}

/// Which dead letters to act on.
#[derive(Args, Debug)]
pub(crate) struct WhichLetters {
    /// Ids, as `dead-letters list` shows them
    #[arg(required_unless_present = "all")]
    pub(crate) ids: Vec<String>,
    /// All pending dead letters
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
}
