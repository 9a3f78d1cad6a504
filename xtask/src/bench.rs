//! `cargo xtask bench`.

mod answering;
mod bare;
mod collector;
mod embedded;
mod load;
mod pipeline;
mod rollups;
mod rules;
mod running;
mod year;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Samples accepted over HTTP and stored by `up`, against bare SQLite inserting the same rows
    Embedded(embedded::EmbeddedArgs),
    /// Samples stored by the persister from Kafka into PostgreSQL, against bare COPY of the same rows
    Pipeline(pipeline::PipelineArgs),
    /// Probe delay of 10,000 uptime targets on one core
    Collector(collector::CollectorArgs),
    /// A year of rollups computed by `up`, against one SQL `GROUP BY` over the same rows
    Rollups(rollups::RollupsArgs),
    /// Samples evaluated by rules, against decoding alone, and memory per series
    Rules(rules::RulesArgs),
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Embedded(args) => embedded::run(args),
        Bench::Pipeline(args) => pipeline::run(args),
        Bench::Collector(args) => collector::run(args),
        Bench::Rollups(args) => rollups::run(args),
        Bench::Rules(args) => rules::run(args),
    }
}
