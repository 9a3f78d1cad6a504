//! Throughput of the persister from Kafka into PostgreSQL, against bare COPY of the same rows.

use crate::cargo::{cargo_guarded, release_build};
use crate::guard::{Guard, directory};
use crate::stack::{Engine, Lifetime, Running};
use clap::Args;
use std::ffi::OsString;

#[derive(Args, Debug)]
pub(crate) struct PipelineArgs {
    /// Rounds; each measures both, and the median ratio is printed
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Samples
    #[arg(long, default_value_t = 1_000_000)]
    samples: u32,
    /// Series
    #[arg(long, default_value_t = 1_000)]
    series: u32,
    /// Partitions of the topic
    #[arg(long, default_value_t = 8)]
    partitions: u16,
}

/// The benchmark is a bench target: it must be built for release, and needs more dependencies than the other
/// commands.
pub(crate) fn run(args: &PipelineArgs) -> anyhow::Result<()> {
    let executable = release_build()?;
    let dir = directory()?;
    let guard = Guard::over(&dir)?;
    let engines = Running::start(&dir, &[Engine::Kafka, Engine::Postgres], Lifetime::Guarded(&guard))?;
    let bench =
        ["bench", "--package", "xtask", "--bench", "pipeline", "--", "--executable"].map(OsString::from);
    let numbers = [
        ("--rounds", args.rounds),
        ("--samples", args.samples),
        ("--series", args.series),
        ("--partitions", args.partitions.into()),
    ];
    let numbers = numbers.into_iter().flat_map(|(name, number)| [name.into(), number.to_string().into()]);
    cargo_guarded(
        &guard,
        engines.engines.variables(),
        bench.into_iter().chain([executable.into()]).chain(numbers),
    )
}
