//! Throughput of rule evaluation, against decoding the same samples, and memory per series.

use crate::cargo::cargo;
use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct RulesArgs {
    /// Series
    #[arg(long, default_value_t = 100_000)]
    series: usize,
    /// Samples per series
    #[arg(long, default_value_t = 40)]
    rounds: usize,
}

/// The benchmark is a bench target of the crate, because it must be built for release.
pub(crate) fn run(args: &RulesArgs) -> anyhow::Result<()> {
    let (series, rounds) = (args.series.to_string(), args.rounds.to_string());
    cargo(["bench", "--package", "watchkeeper-rules", "--bench", "rules", "--", &series, &rounds])
}
