//! Benchmarks of `watchkeeper up`, called by `cargo xtask bench`.

#![allow(clippy::print_stdout, reason = "a command-line tool")]

mod answering;
mod bare;
mod collector;
mod embedded;
mod load;
mod peers;
mod rollups;
mod running;
mod year;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

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
    /// Samples accepted over HTTP and stored by `up`, against bare SQLite inserting the same rows
    Embedded(embedded::EmbeddedArgs),
    /// Probe delay of 10,000 uptime targets on one core, of HTTP or mixed
    Collector(collector::CollectorArgs),
    /// A year of rollups computed by `up`, against one SQL `GROUP BY` over the same rows
    Rollups(rollups::RollupsArgs),
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let executable = args.executable.context("--executable FILE is missing")?;
    match args.benchmark {
        Benchmark::Embedded(args) => embedded::run(&executable, &args),
        Benchmark::Collector(args) => collector::run(&executable, &args),
        Benchmark::Rollups(args) => rollups::run(&executable, &args),
    }
}
