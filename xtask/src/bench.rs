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
    /// Samples that the persister stores from Kafka in PostgreSQL, against bare COPY of the same rows
    Pipeline(pipeline::PipelineArgs),
    /// How late 10,000 uptime targets are probed when `up` has one core
    Collector(collector::CollectorArgs),
    /// A year of rollups made by `up`, against one SQL `GROUP BY` over the same rows
    Rollups(rollups::RollupsArgs),
    /// Samples that the rules take, against decoding them alone, and memory per series
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
