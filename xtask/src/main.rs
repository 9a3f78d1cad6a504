//! Developer commands: `cargo xtask …`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod bench;
mod browser;
mod build;
mod cargo;
mod clients;
mod dashboards;
mod dist;
mod guard;
mod monitoring;
mod new_role;
mod npm;
mod openssl;
mod promises;
mod provide;
mod scripts;
mod slowest;
mod stack;
mod test;
mod vm;

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
    /// Run Clippy on everything; warnings are errors
    Lint,
    /// Build everything that the tests need, and the executable without engines
    Build,
    /// Check shell scripts and the release workflow
    Scripts,
    /// Run all tests, including those that need engines or a browser
    Test(test::TestArgs),
    /// Run benchmarks; ratios compare measurements of the same run
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Write the dashboards, alerts and log labels from dashboards/source
    Dashboards,
    /// Build the packages: for Debian, and an archive for other distributions
    Dist(dist::DistArgs),
    /// Create an empty role: its crate, and its entry in every list of roles
    NewRole(new_role::NewRoleArgs),
    /// Start, stop and inspect the engines that Watchkeeper runs on, on free loopback ports
    #[command(subcommand)]
    Stack(stack::Stack),
    /// Run the tests that boot a machine: install the package in a container with systemd, and use it there
    Vm(vm::VmArgs),
    /// Run a test executable for `test`, and record the duration of each test
    #[command(hide = true)]
    RunTest {
        /// The executable and its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Lint => build::lint(),
        Command::Build => build::build(),
        Command::Scripts => scripts::check(),
        Command::Test(args) => test::run(&args),
        Command::Bench(bench) => bench::run(&bench),
        Command::Dashboards => dashboards::run(),
        Command::Dist(args) => dist::run(&args),
        Command::NewRole(args) => new_role::run(&args),
        Command::Stack(stack) => stack::run(&stack),
        Command::Vm(args) => vm::run(&args),
        Command::RunTest { command } => match slowest::run_test(&command) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Only the messages: a backtrace does not help someone who has to install a package.
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
