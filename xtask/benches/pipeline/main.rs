//! Throughput of the persister, against the ceiling: bare COPY of the same rows into the same tables.
//!
//! `cargo xtask bench pipeline` starts the engines and runs this. The topic is filled once, and read once by librdkafka
//! alone, which gives the rows for the ceiling in bus order. Each round stores them twice, each time in a new database
//! after a checkpoint; the order alternates.
//!
//! Both sides count the rows after the first transaction, in the time from the first transaction to the last. The time
//! before it, for starting, joining the group and creating the partition of the day, is printed separately.

#![allow(clippy::print_stdout, reason = "a command-line tool")]

mod ceiling;
mod cpu;
mod database;
mod load;
mod persister;
mod stored;
mod topic;

use anyhow::Context as _;
use clap::Parser;
use database::Server;
use load::Load;
use persister::Persister;
use std::env;
use std::path::PathBuf;
use stored::Stored;
use tokio::runtime::Runtime;
use watchkeeper_domain::Sample;

#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench pipeline")]
struct Args {
    /// The release build of the program
    #[arg(long, hide = true)]
    executable: PathBuf,
    /// Rounds; each measures both, and the median ratio is printed
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Samples
    #[arg(long, default_value_t = 1_000_000)]
    samples: usize,
    /// Series
    #[arg(long, default_value_t = 1_000)]
    series: usize,
    /// Partitions of the topic
    #[arg(long, default_value_t = 8)]
    partitions: u16,
    /// Added by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let (kafka, postgres) = (engine("KAFKA")?, engine("POSTGRES")?);
    let runtime = Runtime::new()?;
    println!("{} samples of {} series in {} partitions", args.samples, args.series, args.partitions);

    let load = Load::new(args.series, args.samples)?;
    let brokers = kafka.trim_start_matches("kafka://");
    let published = runtime.block_on(topic::publish(brokers, args.partitions, &load))?;
    let (samples, read) = topic::read(brokers, args.partitions, args.samples)?;
    println!("published in {published:.1?}; librdkafka alone reads {:.0} records/s", read.rate());

    let server = runtime.block_on(Server::connect(&postgres))?;
    let persister = Persister { executable: &args.executable, kafka: &kafka, partitions: args.partitions };
    let mut ratios = Vec::new();
    for round in 1..=args.rounds {
        let (ours, bare) = both(&runtime, &server, &persister, &samples, round)?;
        let ratio = ours.rate() / bare.rate();
        println!("round {round}: ratio {ratio:.2}\n  persister {ours}\n  bare COPY {bare}");
        ratios.push(ratio);
    }
    println!("median ratio {:.2}", median(ratios));
    Ok(())
}

/// The URL of an engine that xtask has started.
fn engine(name: &str) -> anyhow::Result<String> {
    let variable = format!("WATCHKEEPER_TEST_{name}");
    env::var(&variable).with_context(|| format!("{variable} is not set: run `cargo xtask bench pipeline`"))
}

/// One round: the results of the persister and of COPY.
fn both(
    runtime: &Runtime,
    server: &Server,
    persister: &Persister<'_>,
    samples: &[Sample],
    round: usize,
) -> anyhow::Result<(Stored, Stored)> {
    let store = || {
        let database = runtime.block_on(server.fresh("persister"))?;
        let stored = persister.store(server, &database, u32::try_from(samples.len())?)?;
        runtime.block_on(server.remove(database))?;
        anyhow::Ok(stored)
    };
    let copy = || {
        runtime.block_on(async {
            let database = server.fresh("ceiling").await?;
            let stored = ceiling::copy(server, &database, samples).await?;
            server.remove(database).await?;
            anyhow::Ok(stored)
        })
    };
    if round % 2 == 1 {
        let ours = store()?;
        Ok((ours, copy()?))
    } else {
        let bare = copy()?;
        Ok((store()?, bare))
    }
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
}
