//! `cargo xtask bench`.

mod bare;
mod embedded;
mod load;
mod running;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Samples accepted over HTTP and stored by `up`, against bare SQLite inserting the same rows
    Embedded(embedded::EmbeddedArgs),
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Embedded(args) => embedded::run(args),
    }
}
