//! Benchmarks of the roles on engines, which `cargo xtask bench` starts.

#![allow(clippy::print_stdout, reason = "a command-line tool")]

mod ceiling;
mod compare;
mod consumer;
mod database;
mod events;
mod kind;
mod process;
mod query;
mod role;
mod samples;
mod stored;
mod syslog;
mod topic;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use compare::CompareArgs;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench")]
struct Args {
    #[command(subcommand)]
    benchmark: Benchmark,
    /// The release build of the program
    #[arg(long, global = true, hide = true)]
    executable: Option<PathBuf>,
    /// Added by cargo
    #[arg(long, global = true, hide = true)]
    bench: bool,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// Samples stored by the persister from Kafka into PostgreSQL, against bare COPY of the same rows
    Pipeline {
        #[command(flatten)]
        compare: CompareArgs,
        /// Samples
        #[arg(long, default_value_t = 1_000_000)]
        samples: usize,
        /// Series
        #[arg(long, default_value_t = 1_000)]
        series: usize,
    },
    /// Events stored by the processor from Kafka into PostgreSQL, against bare COPY of the same rows
    Events {
        #[command(flatten)]
        compare: CompareArgs,
        /// Events
        #[arg(long, default_value_t = 500_000)]
        events: usize,
    },
    /// Questions about a day's events in PostgreSQL, against the best SQL written by hand
    EventsQuery(query::QueryArgs),
    /// Messages of syslog over UDP, of which ingest may drop none
    Syslog(syslog::SyslogArgs),
}

/// How many events were said per second.
const EVENTS_PER_SECOND: usize = 5_000;

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let executable = || args.executable.as_deref().context("--executable FILE is missing");
    match args.benchmark {
        Benchmark::Pipeline { compare, samples, series } => {
            let load = samples::Load::new(series, samples)?;
            compare::run::<samples::Samples>(executable()?, &compare, samples, load.samples())
        }
        Benchmark::Events { compare, events } => {
            let lasts = Duration::from_secs((events / EVENTS_PER_SECOND).max(1) as u64);
            let load = events::Load::new(events, lasts);
            compare::run::<events::Events>(executable()?, &compare, events, load.events())
        }
        Benchmark::EventsQuery(args) => query::run(&args),
        Benchmark::Syslog(args) => syslog::run(executable()?, &args),
    }
}

/// The URL of an engine that xtask has started.
fn engine(name: &str) -> anyhow::Result<String> {
    let variable = format!("WATCHKEEPER_TEST_{name}");
    env::var(&variable).with_context(|| format!("{variable} is not set: run `cargo xtask bench`"))
}
