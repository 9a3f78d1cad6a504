//! Probes of servers on loopback that do as a test says.
#![expect(clippy::float_cmp, reason = "an availability is 0 or 100, which nothing computes")]

mod config;
mod http;
mod tls;

use super::address::Address;
use super::availability::Availability;
use super::config::{Check, Thresholds, UptimeConfig};
use super::probe::{Finding, MAX_PROBES, Prober};
use super::target::UptimeTarget;
use crate::target::{Target as _, Timing};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use watchkeeper_domain::{Note, Sample};

const LONG: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_millis(200);

async fn probe(check: &Check) -> Finding {
    Prober::new().probe(check, LONG).await.unwrap()
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Where nothing listens.
async fn nowhere() -> SocketAddr {
    listener().await.1
}

fn target(check: Check, thresholds: Thresholds) -> UptimeTarget {
    let minute = Duration::from_secs(60);
    let timing = Timing::new(minute, minute, LONG);
    UptimeTarget::new(
        UptimeConfig { name: "shop".to_owned(), check, timing, thresholds },
        Prober::new(),
        false,
    )
}

fn by_name(samples: &[Sample]) -> BTreeMap<&str, f64> {
    samples.iter().map(|sample| (sample.series.name(), sample.value)).collect()
}

fn tcp(address: SocketAddr) -> Check {
    Check::Tcp(address.to_string().parse().unwrap())
}

#[tokio::test]
async fn a_port_that_accepts_is_up_by_address_and_by_name() {
    let (_listener, address) = listener().await;
    for host in ["127.0.0.1", "localhost"] {
        let found = probe(&Check::Tcp(Address::new(host, address.port()))).await;
        assert_eq!(found.failure, None, "{host}");
        assert!(found.latency.is_some());
    }
}

#[tokio::test]
async fn a_port_that_refuses_is_down_and_a_sample() {
    let mut target = target(tcp(nowhere().await), Thresholds { failures: 1, successes: 1 });
    let samples = target.collect().await.unwrap();
    assert_eq!(samples.len(), 1);
    assert_eq!(samples[0].series.key(), r#"uptime/availability_percent{target="shop"} percent"#);
    assert_eq!(by_name(&samples)["availability_percent"], 0.0);
    assert_eq!(samples[0].note, Note::new("connection refused"));
}

#[tokio::test]
async fn a_failure_that_is_not_down_yet_is_no_note() {
    let (listener, address) = listener().await;
    let mut target = target(tcp(address), Thresholds { failures: 2, successes: 1 });
    target.collect().await.unwrap();
    drop(listener);
    let samples = target.collect().await.unwrap();
    assert_eq!((samples[0].value, &samples[0].note), (100.0, &None));
    assert_eq!(target.collect().await.unwrap()[0].note, Note::new("connection refused"));
}

#[tokio::test]
async fn a_name_without_address_is_down() {
    // The reason depends on the DNS servers of the host.
    let found = probe(&Check::Tcp("no-such-host.invalid:80".parse().unwrap())).await;
    assert!(found.failure.is_some() && found.latency.is_none(), "{found:?}");
}

#[tokio::test]
async fn a_target_flips_only_after_its_threshold() {
    let mut target = target(tcp(nowhere().await), Thresholds { failures: 2, successes: 1 });
    assert_eq!(target.collect().await.unwrap(), []);
    assert_eq!(by_name(&target.collect().await.unwrap())["availability_percent"], 0.0);
}

#[tokio::test]
async fn a_probe_that_gets_no_turn_says_nothing_of_its_target() {
    let prober = Prober::new();
    let mut turns = Vec::new();
    for _ in 0..MAX_PROBES {
        turns.push(prober.turn().await.unwrap());
    }
    let check = tcp(nowhere().await);
    let error = prober.probe(&check, LONG).await.unwrap_err().to_string();
    assert_eq!(error, "not reachable: 256 other probes are still running");
    turns.pop();
    assert!(prober.probe(&check, LONG).await.unwrap().failure.is_some());
}

#[test]
fn a_collection_outlasts_its_probe() {
    let target = target(tcp("127.0.0.1:1".parse().unwrap()), Thresholds { failures: 1, successes: 1 });
    assert!(target.timing().timeout() > LONG + super::probe::TURN_WITHIN);
    assert!(Availability::new(Thresholds { failures: 1, successes: 1 }).percent().is_none());
}
