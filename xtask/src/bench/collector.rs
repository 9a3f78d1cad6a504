//! Whether many targets keep to their schedule when `up` has one core.

use super::answering::Answering;
use super::running::Running;
use crate::cargo::release_build;
use clap::Args;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Args, Debug)]
pub(crate) struct CollectorArgs {
    /// HTTP targets, each probed once a minute
    #[arg(long, default_value_t = 10_000)]
    targets: usize,
    /// How long it runs, in seconds; past a minute, every target is asked for again
    #[arg(long, default_value_t = 100)]
    seconds: u64,
    /// The core that `up` runs on, whole roles and all; the server runs wherever else there is room
    #[arg(long, default_value_t = 0)]
    core: usize,
}

const INTERVAL: Duration = Duration::from_secs(60);
const DELAY: &str = "watchkeeper_collector_schedule_delay_seconds_bucket";
const CPU: &str = "process_cpu_seconds_total";

pub(crate) fn run(args: &CollectorArgs) -> anyhow::Result<()> {
    let executable = release_build()?;
    let dir = tempfile::tempdir()?;
    let server = Answering::start(args.targets)?;
    println!(
        "{} HTTP targets every {INTERVAL:?}, `up` on core {}, {} s",
        args.targets, args.core, args.seconds
    );

    let up =
        Running::start(pinned(&executable, args.core), dir.path(), &sections(args.targets, server.address))?;
    let (begun, cpu) = (Instant::now(), up.metric(CPU)?);
    #[expect(clippy::disallowed_methods, reason = "what is measured is what happens while time passes")]
    thread::sleep(Duration::from_secs(args.seconds));
    let cpu = (up.metric(CPU)? - cpu) / begun.elapsed().as_secs_f64();

    let requests = server.requests();
    println!(
        "{requests} requests ({:.0}/s), {} targets failing; {:.0} % of the core, {:.0} MiB resident",
        rate(requests, begun.elapsed()),
        up.metric("watchkeeper_collector_targets_failing")?,
        cpu * 100.0,
        up.resident()?,
    );
    print_delays(&up.metrics()?);
    print_gaps(server.gaps());
    Ok(())
}

fn sections(targets: usize, server: SocketAddr) -> String {
    let section = |path| format!("[[collector.uptime]]\nurl = \"http://{server}/{path}\"\n");
    (0..targets).map(section).collect::<Vec<_>>().concat()
}

fn pinned(executable: &Path, core: usize) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(executable);
    command
}

/// What the collector says of itself: how late collections were begun.
fn print_delays(metrics: &str) {
    let buckets: Vec<(f64, f64)> = metrics.lines().filter_map(bucket).collect();
    let Some(&(_, all)) = buckets.last() else { return println!("begun late: the collector says nothing") };
    let within = |share: f64| {
        let found = buckets.iter().find(|(_, count)| *count >= share * all);
        found.map_or(f64::INFINITY, |(bound, _)| *bound * 1e3)
    };
    println!(
        "begun late, as the collector counts: p50 within {} ms, p99 within {} ms, p99.9 within {} ms",
        within(0.5),
        within(0.99),
        within(0.999)
    );
}

/// The upper bound of a bucket of the uptime targets' delays, and how many fall into it or one before.
fn bucket(line: &str) -> Option<(f64, f64)> {
    let labels = line.strip_prefix(DELAY).filter(|labels| labels.contains("source=\"uptime\""))?;
    let bound = labels.split_once("le=\"")?.1.split_once('"')?.0;
    Some((bound.parse().ok()?, line.rsplit(' ').next()?.parse().ok()?))
}

/// What the server saw: by how much the time between two requests for a target differs from the interval.
/// That holds all there is between the schedule and the wire: waiting for a thread, connecting.
fn print_gaps(gaps: Vec<Duration>) {
    let mut errors: Vec<Duration> = gaps.into_iter().map(|gap| gap.abs_diff(INTERVAL)).collect();
    errors.sort_unstable();
    let Some(&most) = errors.last() else { return println!("between requests: nobody was asked twice") };
    let at = |thousandths: usize| errors[errors.len() * thousandths / 1000];
    println!(
        "{INTERVAL:?} between requests, as the server saw {}: off by p50 {:.1?}, p99 {:.1?}, p99.9 {:.1?}, at most {most:.1?}",
        errors.len(),
        at(500),
        at(990),
        at(999)
    );
}

#[expect(clippy::cast_precision_loss, reason = "requests of a few minutes")]
fn rate(requests: usize, took: Duration) -> f64 {
    requests as f64 / took.as_secs_f64()
}
