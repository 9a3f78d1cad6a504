//! The command line.

mod alerts;
mod dead_letters;
mod migrate;
mod rules;
mod silences;

pub(crate) use alerts::{AlertsArgs, NotificationsArgs};
pub(crate) use dead_letters::{DeadLettersAction, DeadLettersArgs, WhichLetters};
pub(crate) use migrate::MigrateArgs;
pub(crate) use rules::{ExplainArgs, RulesAction, RulesArgs};
pub(crate) use silences::{AddSilenceArgs, SilencesAction, SilencesArgs};

use crate::role::{self, Role};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::net::SocketAddr;
use std::path::PathBuf;
use watchkeeper_runtime::http::Scope;

/// Collects metrics, takes in samples from your services, keeps them, and answers questions about them.
///
/// `watchkeeper up` runs everything in one process and needs nothing else.
#[derive(Debug, Parser)]
#[command(name = "watchkeeper", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run every role in this process, on the embedded back end unless the configuration says otherwise
    Up(UpArgs),
    /// Run one role in a process of its own, which takes back ends that processes can share
    Run(RunArgs),
    /// List the roles, the ports that each listens at by default, and its consumer groups
    Roles(RolesArgs),
    /// Read a configuration file and report everything that is wrong with it
    CheckConfig(CheckConfigArgs),
    /// Ask a running Watchkeeper for values
    Query(QueryArgs),
    /// Print samples as they come in, until interrupted
    Tail(ListArgs),
    /// Look at rules, ask why one does or does not fire, and try them out
    Rules(RulesArgs),
    /// List what fires, and what has cleared not long ago
    Alerts(AlertsArgs),
    /// Have nobody notified of some alerts for a time
    Silences(SilencesArgs),
    /// List the newest notifications, and how far each has come
    Notifications(NotificationsArgs),
    /// Look at the records that were rejected, send them in again, or give them up
    DeadLetters(DeadLettersArgs),
    /// Take over an embedded installation, or the samples of the previous platform
    #[command(alias = "move")]
    Migrate(MigrateArgs),
    /// Make a bearer token for an API client
    Token(TokenArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

#[derive(Args, Clone, Debug)]
pub(crate) struct UpArgs {
    /// The configuration file; without it every setting has its default
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the embedded back end keeps its data
    /// [default: `$STATE_DIRECTORY`, else `~/.local/state/watchkeeper`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Listen here for the page, the API, samples and the admin paths [default: 127.0.0.1:8460]
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<SocketAddr>,
    /// Listen here for gRPC [default: 127.0.0.1:8461]
    #[arg(long, value_name = "ADDR")]
    pub(crate) grpc: Option<SocketAddr>,
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// The role
    #[arg(value_parser = role::parser())]
    pub(crate) role: Role,
    /// The configuration file, the same for all roles
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Where a role keeps what is not on engines: the spools of ingest and collector, and mail without a mail
    /// server [default: `$STATE_DIRECTORY`, else `~/.local/state/watchkeeper`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct RolesArgs {
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args, Debug)]
pub(crate) struct CheckConfigArgs {
    /// The configuration file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Also whether this role can run with it in a process of its own
    #[arg(long, value_parser = role::parser())]
    pub(crate) role: Option<Role>,
}

/// Which Watchkeeper to ask.
#[derive(Args, Clone, Debug)]
pub(crate) struct Server {
    /// The API of the Watchkeeper to ask
    #[arg(long, env = "WATCHKEEPER_URL", value_name = "URL", default_value = "http://127.0.0.1:8460")]
    pub(crate) url: String,
    /// A file that holds a bearer token, if the API wants one
    #[arg(long, env = "WATCHKEEPER_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// Which series are meant.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Only series of this source
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// Only series of this name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Only series with this label; may be given several times
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    pub(crate) labels: Vec<(String, String)>,
}

fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[derive(Args, Debug)]
pub(crate) struct QueryArgs {
    #[command(subcommand)]
    pub(crate) question: Question,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// The series there are
    Series(ListArgs),
    /// The latest value of each series
    Latest(ListArgs),
    /// The newest samples, newest first
    Samples(SamplesArgs),
    /// Values over time, window by window
    Range(RangeArgs),
    /// What each series was, hour by hour or day by day
    Rollups(RollupsArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct SamplesArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) last: u32,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct RangeArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Where to begin: an RFC 3339 time, or a duration before now such as 1h
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub(crate) from: String,
    /// Where to end: likewise; now if left out
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// The length of a window
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    pub(crate) step: String,
    /// What the values of a window become: avg, min, max, sum, count, last or p95
    #[arg(long, value_name = "NAME", default_value = "avg")]
    pub(crate) aggregate: String,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct RollupsArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// The length of the windows: hour or day
    #[arg(long, value_name = "LENGTH", default_value = "hour")]
    pub(crate) window: String,
    /// Where to begin: an RFC 3339 time, or a duration before now such as 7d; the last 24 windows if left out
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Where to end: likewise; now if left out
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// How an answer is printed.
#[derive(Args, Clone, Debug)]
pub(crate) struct Output {
    /// Print the answer as JSON, one object per line
    #[arg(long)]
    pub(crate) json: bool,
}

fn token_name(text: &str) -> Result<String, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let is_name = (1..=64).contains(&text.len()) && text.chars().all(is_part);
    is_name.then(|| text.to_owned()).ok_or("must be 1 to 64 letters, digits and any of _.-".to_owned())
}

#[derive(Args, Debug)]
pub(crate) struct TokenArgs {
    /// A name for the token, to tell it from others
    #[arg(value_parser = token_name)]
    pub(crate) name: String,
    /// What the token allows; may be given several times: ingest (send samples), read (ask), admin (everything)
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    pub(crate) scopes: Vec<Scope>,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}
