//! Developer commands: `cargo xtask …`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command that talks to a developer")]

mod bench;
mod browser;
mod cargo;
mod guard;
mod lint;
mod openssl;
mod promises;
mod provide;
mod stack;
mod test;

use clap::{Parser, Subcommand};
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
    /// Lint everything, built as the tests are; there are no warnings
    Lint,
    /// Run every test, those that need a browser included
    Test(test::TestArgs),
    /// Measure, and print ratios that were taken in one run
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Start the engines that Watchkeeper runs on, each on a free port of loopback
    #[command(subcommand)]
    Stack(stack::Stack),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Lint => lint::run(),
        Command::Test(args) => test::run(&args),
        Command::Bench(bench) => bench::run(&bench),
        Command::Stack(stack) => stack::run(&stack),
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
