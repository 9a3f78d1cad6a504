//! Samples per second that the rules evaluate, and memory per series; called by `cargo xtask bench rules`.
//!
//! A round is a sample of each series, ten seconds after the last.

#![allow(clippy::print_stdout, reason = "a command-line tool")]

mod load;
mod memory;

use clap::Parser;
use load::Load;
use std::time::{Duration, Instant};
use watchkeeper_ports::TopicPartition;
use watchkeeper_rules::Evaluator;
use watchkeeper_wire::sample::SampleDecoder;

const SERIES: usize = 100_000;
const ROUNDS: usize = 40;
/// A checkpoint is taken after so many rounds.
const ROUNDS_PER_CHECKPOINT: usize = 5;

#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench rules")]
struct Args {
    /// Series
    #[arg(long, default_value_t = SERIES)]
    series: usize,
    /// Samples per series
    #[arg(long, default_value_t = ROUNDS)]
    rounds: usize,
    /// Added by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let Args { series, rounds, .. } = Args::parse();
    let load = Load::new(series);
    let rules = load.rules();
    println!(
        "{series} series, {} rules, {:.1} of them about each series; {rounds} rounds",
        rules.rules().len(),
        load.rules_per_series(),
    );
    speed(&load, rounds);
    memory::report(&load);
}

/// What became of the time.
#[derive(Debug, Default)]
struct Spent {
    decoding: Duration,
    /// With a tick each round.
    evaluating: Duration,
    draining: Duration,
    memories: usize,
    alerts: usize,
}

fn speed(load: &Load, rounds: usize) {
    let (mut decoder, mut evaluator) = (SampleDecoder::new(), Evaluator::new(load.rules()));
    let partition = load::partition();
    let mut first = Spent::default();
    round(load, 0, &mut decoder, &mut evaluator, &partition, &mut first);
    println!("first samples (which find their rules): {} samples/s", rate(load.series(), first.evaluating));
    let mut spent = Spent::default();
    for number in 1..=rounds {
        round(load, number, &mut decoder, &mut evaluator, &partition, &mut spent);
        if number % ROUNDS_PER_CHECKPOINT == 0 {
            drain(&mut evaluator, &mut spent);
        }
    }
    let samples = rounds * load.series();
    println!("decoded samples into the rules:         {} samples/s", rate(samples, spent.evaluating));
    println!("bytes into samples, no rules:           {} samples/s", rate(samples, spent.decoding));
    let whole = spent.decoding + spent.evaluating;
    let part = spent.decoding.as_secs_f64() / whole.as_secs_f64();
    println!("bytes into the rules:                   {} samples/s, {part:.2} of that", rate(samples, whole));
    let arriving = load::INTERVAL * u32::try_from(rounds).unwrap_or(u32::MAX);
    println!(
        "these series send                       {} samples/s, {:.0} times fewer",
        rate(samples, arriving),
        arriving.as_secs_f64() / whole.as_secs_f64()
    );
    let checkpoints = rounds / ROUNDS_PER_CHECKPOINT;
    println!(
        "{checkpoints} checkpoints: {} memories and {} alerts, {:.0?} each",
        spent.memories,
        spent.alerts,
        spent.draining / u32::try_from(checkpoints.max(1)).unwrap_or(u32::MAX),
    );
}

fn round(
    load: &Load,
    number: usize,
    decoder: &mut SampleDecoder,
    evaluator: &mut Evaluator,
    partition: &TopicPartition,
    spent: &mut Spent,
) {
    let records = load.records(number);
    let started = Instant::now();
    let samples: Vec<_> = records.iter().flat_map(|record| decoder.decode(record.value)).collect();
    spent.decoding += started.elapsed();
    let started = Instant::now();
    for sample in &samples {
        evaluator.observe(partition, sample);
    }
    evaluator.tick(load::time(number));
    spent.evaluating += started.elapsed();
}

fn drain(evaluator: &mut Evaluator, spent: &mut Spent) {
    let started = Instant::now();
    let findings = evaluator.drain();
    spent.draining += started.elapsed();
    spent.memories += findings.memories.len();
    spent.alerts += findings.alerts.len();
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn rate(samples: usize, took: Duration) -> String {
    format!("{:>10.0}", samples as f64 / took.as_secs_f64())
}
