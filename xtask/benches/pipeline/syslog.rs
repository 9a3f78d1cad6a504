//! Syslog over UDP: messages at an even rate to the role `ingest`, which publishes them to Kafka; none may be dropped.

use crate::engine;
use crate::role::Running;
use anyhow::{Context as _, ensure};
use clap::Args;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How often a burst is sent.
const BURST_EVERY: Duration = Duration::from_millis(5);
/// How often to check what has arrived.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Timeout for starting, and for what was sent to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait for more after the last message has arrived.
const SETTLES: Duration = Duration::from_secs(2);

#[derive(Args, Debug)]
pub(crate) struct SyslogArgs {
    /// Messages per second
    #[arg(long, default_value_t = 20_000)]
    rate: u32,
    /// Seconds
    #[arg(long, default_value_t = 30)]
    seconds: u32,
}

pub(crate) fn run(executable: &Path, args: &SyslogArgs) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let configuration = format!(
        "[log]\nlevel = \"warn\"\n\
         [backends]\nbus = {:?}\nstore = \"postgres://127.0.0.1:1/unused\"\ncache = \"redis://127.0.0.1:1\"\n\
         rollups = \"mongodb://127.0.0.1:1/unused\"\n\
         [ingest.syslog]\nudp = \"127.0.0.1:{port}\"\n",
        engine("KAFKA")?,
    );
    let mut ingest = Running::start(executable, "ingest", &configuration, dir.path())?;
    let started = Instant::now();
    while ingest.metrics()?.is_none() {
        ensure!(started.elapsed() < PATIENCE, "ingest does not start");
        pause(LOOK_EVERY);
    }
    let before = ingest.cpu_time()?;
    let (sent, took) = send(args, port)?;
    let received = wait(&mut ingest, sent)?;
    let metrics = ingest.metrics()?.context("it answers")?;
    let lost =
        |reason| metrics.value(&format!("watchkeeper_ingest_syslog_dropped_total{{reason=\"{reason}\"}}"));
    println!(
        "{sent} messages sent in {took:.1?}, {:.0} per second; {received} received; dropped by the kernel {}, for lack of room \
         {}, refused by the bus {}; processor {:.2?}; {} MiB resident at most",
        f64::from(sent) / took.as_secs_f64(),
        lost("kernel"),
        lost("full"),
        lost("bus"),
        ingest.cpu_time()?.saturating_sub(before),
        ingest.peak_bytes()? >> 20,
    );
    ingest.stop()?;
    ensure!(received >= f64::from(sent), "{} messages were dropped", f64::from(sent) - received);
    Ok(())
}

/// Sends bursts at an even rate; returns how many messages there were.
fn send(args: &SyslogArgs, port: u16) -> anyhow::Result<(u32, Duration)> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, port))?;
    let began = Instant::now();
    let (mut sent, all) = (0, args.rate * args.seconds);
    while sent < all {
        let due = (began.elapsed().as_secs_f64() * f64::from(args.rate)).min(f64::from(all));
        while f64::from(sent) < due {
            let message = format!(
                "<{}>1 2026-11-30T10:00:00.{:06}Z web-{} shop {} ID{} [origin@32473 ip=\"10.0.0.{}\"] GET /cart/{sent} answered 200 in {} ms",
                128 + sent % 8,
                sent % 1_000_000,
                sent % 8,
                sent % 30_000,
                sent % 50,
                sent % 250,
                sent % 900,
            );
            socket.send(message.as_bytes())?;
            sent += 1;
        }
        pause(BURST_EVERY);
    }
    Ok((sent, began.elapsed()))
}

/// Waits until that many messages are received, or no more come; returns how many were.
fn wait(ingest: &mut Running, sent: u32) -> anyhow::Result<f64> {
    let (mut moved, mut before) = (Instant::now(), 0.0);
    loop {
        let metrics = ingest.metrics()?.context("it answers")?;
        let received = metrics.value("watchkeeper_ingest_syslog_messages_total{protocol=\"udp\"}");
        if received > before {
            (moved, before) = (Instant::now(), received);
        }
        if received >= f64::from(sent) || moved.elapsed() > SETTLES {
            return Ok(received);
        }
        pause(LOOK_EVERY);
    }
}

#[expect(clippy::disallowed_methods, reason = "a sender at an even rate, and polling without load")]
fn pause(duration: Duration) {
    thread::sleep(duration);
}
