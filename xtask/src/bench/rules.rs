//! What the rules do in a second, against decoding the same samples, and how much memory a series takes.

use crate::cargo::cargo;
use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct RulesArgs {
    /// Series
    #[arg(long, default_value_t = 100_000)]
    series: usize,
    /// Samples of each series
    #[arg(long, default_value_t = 40)]
    rounds: usize,
}

/// The measuring is a bench of the crate, because it has to be built for release.
pub(crate) fn run(args: &RulesArgs) -> anyhow::Result<()> {
    let (series, rounds) = (args.series.to_string(), args.rounds.to_string());
    cargo(["bench", "--package", "watchkeeper-rules", "--bench", "rules", "--", &series, &rounds])
}
