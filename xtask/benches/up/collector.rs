//! Whether many targets keep their schedule when `up` has one core.

use crate::answering::Answering;
use crate::peers::{accept_all, resolve_all};
use crate::running::Running;
use clap::Args;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Args, Debug)]
pub(crate) struct CollectorArgs {
    /// Targets, each probed once a minute
    #[arg(long, default_value_t = 10_000)]
    targets: usize,
    /// Duration in seconds; after a minute, every target is probed again
    #[arg(long, default_value_t = 100)]
    seconds: u64,
    /// The core for `up` with all roles; the web server runs on the other cores
    #[arg(long, default_value_t = 0)]
    core: usize,
    /// Two fifths HTTP, the rest ICMP, TCP and DNS in equal parts, instead of HTTP only. ICMP needs `CAP_NET_RAW` or a
    /// group in `net.ipv4.ping_group_range`
    #[arg(long)]
    mixed: bool,
}

const INTERVAL: Duration = Duration::from_secs(60);
const DELAY: &str = "watchkeeper_collector_schedule_delay_seconds_bucket";
const CPU: &str = "process_cpu_seconds_total";

pub(crate) fn run(executable: &Path, args: &CollectorArgs) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let server = Answering::start(args.targets)?;
    let kind = if args.mixed { "HTTP, ICMP, TCP and DNS" } else { "HTTP" };
    println!(
        "{} {kind} targets every {INTERVAL:?}, `up` on core {}, {} s",
        args.targets, args.core, args.seconds
    );

    let sections = if args.mixed {
        mixed(args.targets, server.address, accept_all()?, resolve_all()?)
    } else {
        sections(args.targets, server.address)
    };
    let up = Running::start(pinned(executable, args.core), dir.path(), &sections)?;
    let (begun, cpu) = (Instant::now(), up.metric(CPU)?);
    #[expect(clippy::disallowed_methods, reason = "the benchmark measures what happens over time")]
    thread::sleep(Duration::from_secs(args.seconds));
    let cpu = (up.metric(CPU)? - cpu) / begun.elapsed().as_secs_f64();

    let requests = server.requests();
    println!(
        "{requests} HTTP requests ({:.0}/s), {} targets failing; {:.0} % of the core, {:.0} MiB resident",
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

fn mixed(targets: usize, http: SocketAddr, tcp: SocketAddr, dns: SocketAddr) -> String {
    let section = |target: usize| {
        let url = match target % 5 {
            0 | 1 => format!("http://{http}/{target}"),
            2 => "icmp://127.0.0.1".to_owned(),
            3 => format!("tcp://{tcp}"),
            _ => format!("dns://{dns}/target-{target}.example"),
        };
        format!("[[collector.uptime]]\nname = \"target-{target}\"\nurl = \"{url}\"\n")
    };
    (0..targets).map(section).collect()
}

fn pinned(executable: &Path, core: usize) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(executable);
    command
}

/// Prints the schedule delays that the collector reports.
fn print_delays(metrics: &str) {
    let buckets: Vec<(f64, f64)> = metrics.lines().filter_map(bucket).collect();
    let Some(&(_, all)) = buckets.last() else {
        return println!("schedule delay: the collector reports none");
    };
    let within = |share: f64| {
        let found = buckets.iter().find(|(_, count)| *count >= share * all);
        found.map_or(f64::INFINITY, |(bound, _)| *bound * 1e3)
    };
    println!(
        "schedule delay reported by the collector: p50 within {} ms, p99 within {} ms, p99.9 within {} ms",
        within(0.5),
        within(0.99),
        within(0.999)
    );
}

/// The upper bound and cumulative count of a bucket of the delays of uptime targets.
fn bucket(line: &str) -> Option<(f64, f64)> {
    let labels = line.strip_prefix(DELAY).filter(|labels| labels.contains("source=\"uptime\""))?;
    let bound = labels.split_once("le=\"")?.1.split_once('"')?.0;
    Some((bound.parse().ok()?, line.rsplit(' ').next()?.parse().ok()?))
}

/// Prints by how much the time between two requests for a target differs from the interval, as seen by the server.
/// This includes everything between the schedule and the wire: waiting for a thread, connecting.
fn print_gaps(gaps: Vec<Duration>) {
    let mut errors: Vec<Duration> = gaps.into_iter().map(|gap| gap.abs_diff(INTERVAL)).collect();
    errors.sort_unstable();
    let Some(&most) = errors.last() else { return println!("between requests: no target was probed twice") };
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
