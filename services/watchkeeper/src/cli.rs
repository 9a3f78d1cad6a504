//! The command line.

mod alerts;
mod backup;
mod dead_letters;
mod delete;
mod import;
mod incidents;
mod logs;
mod migrate;
mod notify;
mod pipelines;
mod refusals;
mod report;
mod rules;
mod silences;

pub(crate) use alerts::{
    AckArgs, AlertsAction, AlertsArgs, ListAlertsArgs, ListNotificationsArgs, NotificationsAction,
    NotificationsArgs, UnackArgs,
};
pub(crate) use backup::{BackupArgs, RestoreArgs};
pub(crate) use dead_letters::{DeadLettersAction, DeadLettersArgs, WhichLetters};
pub(crate) use delete::DeleteArgs;
pub(crate) use import::{ImportArgs, ImportFile, ImportFrom};
pub(crate) use incidents::{
    IncidentsAction, IncidentsArgs, OpenIncidentArgs, ResolveIncidentArgs, UpdateIncidentArgs,
};
pub(crate) use logs::{LogsArgs, with_negations_in_words};
pub(crate) use migrate::MigrateArgs;
pub(crate) use notify::{NotifyAction, NotifyArgs};
pub(crate) use pipelines::{PipelinesAction, PipelinesArgs};
pub(crate) use refusals::RefusalsArgs;
pub(crate) use report::ReportArgs;
pub(crate) use rules::{ExplainArgs, RulesAction, RulesArgs};
pub(crate) use silences::{AddSilenceArgs, SilencesAction, SilencesArgs};

use crate::instance::{Instance, InstanceParser};
use crate::listen;
use crate::version;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::net::SocketAddr;
use std::path::PathBuf;
use watchkeeper_runtime::http::Scope;

/// Collects metrics, accepts samples from your services, stores them, and serves queries and alerts.
///
/// `watchkeeper up` runs everything in one process, with no other dependencies.
#[derive(Debug, Parser)]
#[command(name = "watchkeeper", version = version::with_commit(), max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run all roles in one process, on embedded backends unless the configuration names others
    Up(UpArgs),
    /// Run one role in its own process; requires backends that processes can share
    Run(RunArgs),
    /// Show the units of this host: state, memory, restarts, lag and what they say
    #[command(after_help = STATUS_EXIT)]
    Status(StatusArgs),
    /// List the roles with their default ports and consumer groups
    Roles(RolesArgs),
    /// Check a configuration file and report every error
    CheckConfig(CheckConfigArgs),
    /// Query a running Watchkeeper
    Query(QueryArgs),
    /// Print samples as they arrive, until interrupted
    Tail(ListArgs),
    /// Print what services, devices and hosts said: the newest events, oldest first
    Logs(LogsArgs),
    /// Run a saved report, or list the reports
    Report(ReportArgs),
    /// Check, test, list and explain rules
    Rules(RulesArgs),
    /// Check, test and try pipelines: what becomes of events before they are stored
    Pipelines(PipelinesArgs),
    /// List firing and recently cleared alerts, and acknowledge them
    Alerts(AlertsArgs),
    /// List, add and expire silences
    Silences(SilencesArgs),
    /// Open, update, resolve and list incidents on status pages
    Incidents(IncidentsArgs),
    /// List the newest notifications and their delivery state
    Notifications(NotificationsArgs),
    /// Send a message to receivers: a test, or that a unit failed
    Notify(NotifyArgs),
    /// List, replay or discard dead letters: records that were rejected
    DeadLetters(DeadLettersArgs),
    /// List what ingest has refused, by client and reason
    Refusals(RefusalsArgs),
    /// Turn the configuration of Gatus or Uptime Kuma into one of Watchkeeper
    Import(ImportArgs),
    /// Migrate an embedded installation, or the samples of the previous platform
    #[command(alias = "move")]
    Migrate(MigrateArgs),
    /// Back up the files of an installation, while it runs
    Backup(BackupArgs),
    /// Delete series with all their data
    Delete(DeleteArgs),
    /// Restore a backup to the data directory
    Restore(RestoreArgs),
    /// Generate a bearer token for an API client
    Token(TokenArgs),
    /// Print a shell completion script
    Completions(CompletionsArgs),
    /// Write the manual pages to a directory, for packages
    #[command(hide = true)]
    Manual(ManualArgs),
}

#[derive(Args, Clone, Debug)]
pub(crate) struct UpArgs {
    /// The configuration file; without one, all settings have their defaults
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Data directory of the embedded backends
    /// [default: `$STATE_DIRECTORY`, else `~/.local/state/watchkeeper`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// HTTP listen address for the console, the API, samples and the admin paths [default: 127.0.0.1:8460]
    #[arg(long, value_name = "ADDR", value_parser = listen::address)]
    pub(crate) http: Option<SocketAddr>,
    /// gRPC listen address [default: 127.0.0.1:8461]
    #[arg(long, value_name = "ADDR", value_parser = listen::address)]
    pub(crate) grpc: Option<SocketAddr>,
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// The role to run; ROLE-2 to ROLE-9 are further instances of it on the same host
    ///
    /// ROLE-N listens at the ports of the role plus 100 x (N - 1).
    #[arg(value_name = "ROLE", value_parser = InstanceParser)]
    pub(crate) instance: Instance,
    /// The configuration file, the same for all roles
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Directory for local data: the spools of ingest and collector, and mail if no mail server is configured
    /// [default: `$STATE_DIRECTORY`, else `~/.local/state/watchkeeper`, and ROLE-N within it for a further instance]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct RolesArgs {
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Below the options of `status`.
const STATUS_EXIT: &str = "Exits with 0 if no unit has failed, and with 1 if one has, if none runs or is enabled, or if \
                           systemd cannot be asked. A unit that waits to be restarted has not failed.";

#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args, Debug)]
pub(crate) struct CheckConfigArgs {
    /// The configuration file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Also check that `watchkeeper run ROLE` accepts the file
    #[arg(long, value_parser = InstanceParser)]
    pub(crate) role: Option<Instance>,
}

/// The Watchkeeper to query.
#[derive(Args, Clone, Debug)]
pub(crate) struct Server {
    /// The API URL
    #[arg(long, env = "WATCHKEEPER_URL", value_name = "URL", default_value = "http://127.0.0.1:8460")]
    pub(crate) url: String,
    /// A file with a bearer token, if the API requires one
    #[arg(long, env = "WATCHKEEPER_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// Selects series.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Only series from this source
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// Only series with this name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Only series with this label; repeatable
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
    /// List series
    Series(ListArgs),
    /// The latest value of each series
    Latest(ListArgs),
    /// The newest samples, newest first
    Samples(SamplesArgs),
    /// Values over time, aggregated by window
    Range(RangeArgs),
    /// Hourly or daily rollups
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
    /// How many samples to list
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
    /// Start of the range: an RFC 3339 time, or a duration before now such as 1h
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub(crate) from: String,
    /// End of the range, in the same format [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Length of a window
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    pub(crate) step: String,
    /// How to aggregate the values of a window: avg, min, max, sum, count, last or p95
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
    /// Length of the windows: hour or day
    #[arg(long, value_name = "LENGTH", default_value = "hour")]
    pub(crate) window: String,
    /// Start of the range: an RFC 3339 time, or a duration before now such as 7d [default: 24 windows ago]
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// End of the range, in the same format [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// The output format.
#[derive(Args, Clone, Debug)]
pub(crate) struct Output {
    /// Print JSON, one object per line
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
    /// Name of the token
    #[arg(value_parser = token_name)]
    pub(crate) name: String,
    /// What the token allows; repeatable: ingest (send samples), read (query), admin (everything)
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    pub(crate) scopes: Vec<Scope>,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManualArgs {
    /// The directory, which must exist
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}
