//! `watchkeeper notify`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct NotifyArgs {
    #[command(subcommand)]
    pub(crate) action: NotifyAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NotifyAction {
    /// Send a test message now to each recipient of a receiver, and print what became of it
    #[command(after_help = "Example: watchkeeper notify test ops --config watchkeeper.toml")]
    Test {
        /// The name of the receiver in [[notifier.receiver]]
        receiver: String,
        /// The configuration file, whose secret files are read; without one, the receiver is `default`
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Directory for mail, if no mail server is configured
        /// [default: `$STATE_DIRECTORY`, else `~/.local/state/watchkeeper`]
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
    /// Notify all receivers that a unit of systemd failed, for `OnFailure=` of that unit
    ///
    /// Sends directly, without the notifier, which may be what failed. Says why, if systemd knows. Tries for up to 100
    /// seconds; exits with 1 if a message was not delivered.
    #[command(
        after_help = "Example: watchkeeper notify failed watchkeeper@persister.service --config watchkeeper.toml"
    )]
    Failed {
        /// The name of the unit
        #[arg(value_parser = unit_name)]
        unit: String,
        /// The configuration file, whose secret files are read
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Directory for mail, if no mail server is configured
        /// [default: `$STATE_DIRECTORY`, else `~/.local/state/watchkeeper`]
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
}

/// Longest name of a unit (`systemd.unit(5)`).
const MAX_UNIT_NAME_BYTES: usize = 255;

fn unit_name(text: &str) -> Result<String, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    let is_name = (1..=MAX_UNIT_NAME_BYTES).contains(&text.len()) && text.chars().all(is_part);
    is_name.then(|| text.to_owned()).ok_or_else(|| {
        format!("must be 1 to {MAX_UNIT_NAME_BYTES} letters, digits and any of :-_.\\@, such as watchkeeper-up.service")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_unit_is_limited_as_in_systemd() {
        for name in ["watchkeeper@persister-2.service", "a\\x2db:c_d.mount", &"x".repeat(MAX_UNIT_NAME_BYTES)]
        {
            assert_eq!(unit_name(name), Ok(name.to_owned()));
        }
        for name in ["", "a b", "a/b", "a\nb", &"x".repeat(MAX_UNIT_NAME_BYTES + 1)] {
            assert!(unit_name(name).is_err(), "{name}");
        }
    }
}
