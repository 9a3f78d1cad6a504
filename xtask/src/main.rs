//! Developer commands: `cargo xtask …`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command that talks to a developer")]

mod bench;
mod browser;
mod cargo;
mod guard;
mod lint;
mod new_role;
mod openssl;
mod promises;
mod provide;
mod slowest;
mod stack;
mod test;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Developer commands of Watchkeeper.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lint everything; there are no warnings
    Lint,
    /// Build everything that `test` runs
    Build,
    /// Run every test, those that need a browser included
    Test(test::TestArgs),
    /// Measure, and print ratios that were taken in one run
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Make an empty role: its crate, and its line in every list of roles
    NewRole(new_role::NewRoleArgs),
    /// Start the engines that Watchkeeper runs on, each on a free port of loopback
    #[command(subcommand)]
    Stack(stack::Stack),
    /// Run a test executable for `test`, and note how long each of its tests takes
    #[command(hide = true)]
    RunTest {
        /// The executable and its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Lint => lint::lint(),
        Command::Build => lint::build(),
        Command::Test(args) => test::run(&args),
        Command::Bench(bench) => bench::run(&bench),
        Command::NewRole(args) => new_role::run(&args),
        Command::Stack(stack) => stack::run(&stack),
        Command::RunTest { command } => match slowest::run_test(&command) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // In words: a backtrace says nothing to who has to install something.
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
