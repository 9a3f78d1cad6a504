//! `watchkeeper logs`.

use super::{Output, Server};
use clap::Args;
use std::ffi::{OsStr, OsString};

/// Printed after the options.
const EXPLANATION: &str = "\
Words of a query:
  timeout                  messages with this text, in upper or lower case
  service=shop host=web-*  fields with these values
  level>=warn status>=500  levels and numbers
  -path=/health            everything but this
  timeout OR refused       one or the other

An argument with blanks is a text, unless it has operators: then it is a part of the query, with quotes of its own. \
docs/event-queries.md describes the whole language.

Examples:
  watchkeeper logs service=shop level>=warn \"timed out\" --from 1d
  watchkeeper logs --follow -level=debug
  watchkeeper logs level>=error --context 5
  watchkeeper logs unit=nginx.service --json | jq .fields";

/// Options of one letter, which a term such as `-path=/health` is not.
const LETTERS: [&str; 4] = ["-f", "-n", "-h", "-V"];
/// Options whose value may begin with a `-`.
const WITH_VALUES: [&str; 7] = ["--from", "--to", "--limit", "-n", "--context", "--url", "--token-file"];

#[derive(Args, Debug)]
#[command(after_help = EXPLANATION)]
pub(crate) struct LogsArgs {
    /// Which events: the words of a query; all if there are none
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// Start of the range: an RFC 3339 time, or a duration before now such as 1h or 7d
    /// [default: an hour before its end]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// End of the range, in the same format [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with = "follow")]
    pub(crate) to: Option<String>,
    /// Print the newest events, and then those that arrive, until interrupted
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Only the newest N events [default: 100, or 10 with --follow; all with --from]
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Also print N events before and after each one, of the same service and host
    #[arg(long, value_name = "N", conflicts_with = "follow")]
    pub(crate) context: Option<usize>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// The arguments of the program, with `NOT term` for each `-term` of a query, which would be read as options.
pub(crate) fn with_negations_in_words(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let args: Vec<_> = args.into_iter().collect();
    if args.get(1).map(OsString::as_os_str) != Some(OsStr::new("logs")) {
        return args;
    }
    let mut worded = Vec::with_capacity(args.len());
    let mut is_value = false;
    let mut are_words = false;
    for arg in args {
        let term = arg.to_str().filter(|_| !is_value).and_then(|arg| negated(arg, are_words));
        let text = arg.to_str().unwrap_or_default();
        is_value = !are_words && WITH_VALUES.contains(&text);
        are_words |= text == "--";
        match term {
            Some(term) => worded.extend(["NOT".into(), term.into()]),
            None => worded.push(arg),
        }
    }
    worded
}

/// What is negated in a term that begins with `-` and is no option.
fn negated(arg: &str, are_words: bool) -> Option<&str> {
    let term = arg.strip_prefix('-')?;
    let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    let is_option = LETTERS.contains(&arg) || term.strip_prefix('n').is_some_and(is_number);
    (!term.is_empty() && !term.starts_with('-') && (are_words || !is_option)).then_some(term)
}

#[cfg(test)]
mod tests {
    use crate::cli::{Cli, Command};
    use clap::Parser as _;

    use super::*;

    fn parsed(words: &[&str]) -> LogsArgs {
        let args = ["watchkeeper", "logs"].iter().chain(words).map(OsString::from);
        match Cli::try_parse_from(with_negations_in_words(args)).unwrap().command {
            Command::Logs(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_may_stand_anywhere_among_the_words_of_a_query() {
        let args =
            parsed(&["service=shop", "--from", "-1d", "-path=/health", "-n5", "level>=warn", "--json"]);
        assert_eq!(args.query, ["service=shop", "NOT", "path=/health", "level>=warn"]);
        assert_eq!((args.from.as_deref(), args.limit, args.output.json), (Some("-1d"), Some(5), true));
        let args = parsed(&["-f", "-node=a", "-force", "-n", "7"]);
        assert_eq!(args.query, ["NOT", "node=a", "NOT", "force"]);
        assert_eq!((args.follow, args.limit), (true, Some(7)));
    }

    #[test]
    fn after_two_hyphens_all_are_words_of_the_query() {
        let args = parsed(&["a", "--", "-f", "-n", "5"]);
        assert_eq!(args.query, ["a", "NOT", "f", "NOT", "n", "5"]);
    }

    #[test]
    fn arguments_of_other_commands_stay_as_they_are() {
        let args = ["watchkeeper", "tail", "-x"].map(OsString::from);
        assert_eq!(with_negations_in_words(args.clone()), args);
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        for words in [&["--follow", "--to", "1h"][..], &["--follow", "--context", "3"]] {
            let args = ["watchkeeper", "logs"].iter().chain(words);
            assert!(Cli::try_parse_from(args).is_err(), "{words:?}");
        }
    }
}
