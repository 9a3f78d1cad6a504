//! Throughput of the role that stores a kind of record, against the ceiling: bare COPY of the same rows into the same
//! tables.
//!
//! The topic is filled once, and read once by librdkafka alone, which gives the rows for the ceiling in bus order. Each
//! round stores them twice, each time in a new database after a checkpoint; the order alternates.
//!
//! Both sides count the rows after the first transaction, in the time from the first transaction to the last. The time
//! before it, for starting, joining the group and creating the partition of the day, is printed separately.

use crate::ceiling;
use crate::consumer::Consumer;
use crate::database::Server;
use crate::kind::Kind;
use crate::stored::Stored;
use crate::{engine, topic};
use clap::Args;
use std::path::Path;
use tokio::runtime::Runtime;

#[derive(Args, Debug)]
pub(crate) struct CompareArgs {
    /// Rounds; each measures both, and the median ratio is printed
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Partitions of the topic
    #[arg(long, default_value_t = 8)]
    partitions: u16,
}

/// Compares both on these items, of which there are `records`.
pub(crate) fn run<K: Kind>(
    executable: &Path,
    args: &CompareArgs,
    records: usize,
    items: impl Iterator<Item = K::Item>,
) -> anyhow::Result<()> {
    let (kafka, postgres, redis) = (engine("KAFKA")?, engine("POSTGRES")?, engine("REDIS")?);
    let (runtime, partitions) = (Runtime::new()?, args.partitions);
    println!("{records} {} in {partitions} partitions", K::ITEMS);
    let brokers = kafka.trim_start_matches("kafka://");
    let published = runtime.block_on(topic::publish::<K>(brokers, partitions, items))?;
    let (items, read) = topic::read::<K>(brokers, partitions, records)?;
    println!("published in {published:.1?}; librdkafka alone reads {:.0} records/s", read.rate());

    let server = runtime.block_on(Server::connect(&postgres))?;
    let consumer =
        Consumer { executable, kafka: &kafka, redis: &redis, partitions, role: K::ROLE, items: K::ITEMS };
    let mut ratios = Vec::new();
    for round in 1..=args.rounds {
        let (ours, bare) = both::<K>(&runtime, &server, &consumer, &items, round)?;
        let ratio = ours.rate() / bare.rate();
        println!("round {round}: ratio {ratio:.2}\n  {} {ours}\n  bare COPY {bare}", K::ROLE);
        ratios.push(ratio);
    }
    println!("median ratio {:.2}", median(ratios));
    Ok(())
}

/// One round: the results of the role and of COPY.
fn both<K: Kind>(
    runtime: &Runtime,
    server: &Server,
    consumer: &Consumer<'_>,
    items: &[K::Item],
    round: usize,
) -> anyhow::Result<(Stored, Stored)> {
    let store = || {
        let database = runtime.block_on(server.fresh("stored"))?;
        let stored = consumer.store(server, &database, u32::try_from(items.len())?)?;
        runtime.block_on(server.remove(database))?;
        anyhow::Ok(stored)
    };
    let copy = || {
        runtime.block_on(async {
            let database = server.fresh("ceiling").await?;
            let stored = ceiling::copy::<K>(server, &database, items).await?;
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

/// The middle of some numbers.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
