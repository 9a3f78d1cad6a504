//! Throughput of `up`, against bare SQLite on the same machine in the same run.

use crate::bare::{self, Order};
use crate::load::Load;
use crate::running::Running;
use anyhow::ensure;
use clap::Args;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Args, Debug)]
pub(crate) struct EmbeddedArgs {
    /// Rounds; each measures both, and the median ratio is printed
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Series
    #[arg(long, default_value_t = 1_000)]
    series: u32,
    /// Samples per body, and rows per transaction
    #[arg(long, default_value_t = 10_000)]
    batch: u32,
    /// Bodies per round
    #[arg(long, default_value_t = 100)]
    batches: u32,
    /// Concurrent clients
    #[arg(long, default_value_t = 2)]
    clients: usize,
}

/// How long `up` is idle before its memory is read.
const IDLE: Duration = Duration::from_secs(20);
/// How often to check whether everything is stored.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const STORED: &str = "watchkeeper_persister_samples_stored_total";

pub(crate) fn run(executable: &Path, args: &EmbeddedArgs) -> anyhow::Result<()> {
    idle(executable)?;
    let load = Load { series: args.series, batch: args.batch, batches: args.batches };
    println!(
        "{} samples of {} series in bodies of {}, {} clients",
        load.samples(),
        load.series,
        load.batch,
        args.clients
    );
    let (mut to_sent, mut to_sorted) = (Vec::new(), Vec::new());
    for round in 1..=args.rounds {
        let dir = tempfile::tempdir()?;
        let ours = send_and_wait(executable, &dir.path().join("up"), &load, args.clients)?;
        let sent = bare::insert(&dir.path().join("sent.db"), &load, Order::Sent)?;
        let sorted = bare::insert(&dir.path().join("sorted.db"), &load, Order::Table)?;
        println!(
            "round {round}: up {:.0} samples/s accepted and stored; bare SQLite {:.0} rows/s as sent, {:.0} rows/s sorted",
            rate(&load, ours),
            rate(&load, sent),
            rate(&load, sorted),
        );
        to_sent.push(sent.as_secs_f64() / ours.as_secs_f64());
        to_sorted.push(sorted.as_secs_f64() / ours.as_secs_f64());
    }
    println!("median ratio {:.2} as sent, {:.2} sorted", median(to_sent), median(to_sorted));
    Ok(())
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// Sends every body, and waits until every sample is stored.
fn send_and_wait(executable: &Path, dir: &Path, load: &Load, clients: usize) -> anyhow::Result<Duration> {
    let bodies: Vec<Vec<u8>> = (0..load.batches).map(|number| load.body(number)).collect();
    let up = Running::start(Command::new(executable), dir, "")?;
    let before = up.metric(STORED)?;
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(|| send(&up, &bodies, &next))).collect();
        clients.into_iter().try_for_each(|client| client.join().expect("a client does not panic"))
    })?;
    let accepted = started.elapsed();
    // The count includes the samples of the collector, which are too few to matter.
    up.wait(LOOK_EVERY, |up| Ok(up.metric(STORED)? - before >= f64::from(load.samples())))?;
    let stored = started.elapsed();
    println!("  accepted after {accepted:.1?}, stored after {stored:.1?}");
    Ok(stored)
}

fn send(up: &Running, bodies: &[Vec<u8>], next: &AtomicUsize) -> anyhow::Result<()> {
    let agent = ureq::Agent::new_with_defaults();
    while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
        let answer = agent.post(up.url("/v1/samples")).content_type("application/json").send(&body[..])?;
        ensure!(answer.status() == 202, "answered {}", answer.status());
    }
    Ok(())
}

/// Prints the start time and the memory of an idle process.
fn idle(executable: &Path) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let first = Running::start(Command::new(executable), dir.path(), "")?;
    #[expect(clippy::disallowed_methods, reason = "the benchmark measures an idle process")]
    thread::sleep(IDLE);
    let resident = first.resident()?;
    println!("start to ready {:.0?}; resident after {IDLE:?} idle {resident:.1} MiB", first.start);
    Ok(())
}

fn rate(load: &Load, took: Duration) -> f64 {
    f64::from(load.samples()) / took.as_secs_f64()
}
