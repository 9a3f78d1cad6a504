//! Observability and events for bare-metal Linux hosts, in one executable.

mod assembly;
mod backends;
mod cli;
mod command;
mod config;
mod instance;
mod listen;
mod role;
mod systemd;
#[cfg(test)]
mod unit_files;
mod version;

use clap::Parser as _;
use cli::{Cli, Command, with_negations_in_words};
use command::refused::{EX_CONFIG, Refused};
use std::env;
use std::process::ExitCode;

/// Events are many small allocations that one thread makes and another frees, which glibc's allocator is slow at. Its
/// settings, in `.cargo/config.toml`, keep idle processes small.
#[cfg(feature = "engines")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let result = match Cli::parse_from(with_negations_in_words(env::args_os())).command {
        Command::Up(args) => command::up::run(&args),
        Command::Run(args) => command::run::run(&args),
        Command::Status(args) => command::status::run(&args),
        Command::Roles(args) => command::roles::run(&args),
        Command::CheckConfig(args) => command::check_config::run(&args),
        Command::Query(args) => command::query::run(&args),
        Command::Tail(args) => command::tail::run(&args),
        Command::Logs(args) => command::logs::run(&args),
        Command::Pipelines(args) => command::pipelines::run(&args),
        Command::Report(args) => command::report::run(&args),
        Command::Rules(args) => command::rules::run(&args),
        Command::Alerts(args) => command::alerts::run(&args),
        Command::Silences(args) => command::silences::run(&args),
        Command::Incidents(args) => command::incidents::run(&args),
        Command::Notifications(args) => command::notifications::run(&args),
        Command::Notify(args) => command::notify::run(&args),
        Command::DeadLetters(args) => command::dead_letters::run(&args),
        Command::Refusals(args) => command::refusals::run(&args),
        Command::Import(args) => command::import::run(&args),
        Command::Migrate(args) => command::migrate::run(&args),
        Command::Backup(args) => command::backup::run_backup(&args),
        Command::Delete(args) => command::delete::run(&args),
        Command::Restore(args) => command::backup::run_restore(&args),
        Command::Token(args) => command::token::run(&args),
        Command::Completions(args) => command::completions::run(&args),
        Command::Manual(args) => command::manual::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if command::was_cut_short(&error) => ExitCode::SUCCESS,
        Err(error) => {
            command::print_error(&error);
            if error.is::<Refused>() { ExitCode::from(EX_CONFIG) } else { ExitCode::FAILURE }
        }
    }
}
