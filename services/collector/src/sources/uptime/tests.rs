//! Probes of servers on loopback that do as a test says.
#![expect(clippy::float_cmp, reason = "an availability is 0 or 100, which nothing computes")]

mod config;
mod dns;
mod domain;
mod groups;
mod grpc;
mod http;
mod icmp;
mod proxy;
mod schemes;
mod talk;
mod tls;

use super::address::Address;
use super::availability::Availability;
use super::config::{Check, Thresholds, UptimeConfig};
use super::evidence::Evidence;
use super::probe::{Finding, MAX_PROBES, Prober};
use super::target::UptimeTarget;
use crate::sources::labels::TargetLabels;
use crate::target::{CollectError, Target as _, Timing};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use watchkeeper_domain::{Note, Sample, Timestamp};

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
        UptimeConfig { name: "shop".to_owned(), check, timing, thresholds, labels: TargetLabels::default() },
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
async fn the_group_and_the_labels_of_a_target_are_on_its_series() {
    let sections = format!(
        "[[collector.uptime]]\ngroup = \"shops\"\nlabels = {{ team = \"web\" }}\ntargets.eu = \"tcp://{}\"\n",
        nowhere().await
    );
    let config = config::read(&sections).unwrap().remove(0);
    let samples = |old_names| {
        let mut target = UptimeTarget::new(config.clone(), Prober::new(), old_names);
        async move { target.collect().await.unwrap() }
    };
    let key = r#"uptime/availability_percent{group="shops",target="eu",team="web"} percent"#;
    assert_eq!(samples(false).await[0].series.key(), key);
    let old_key = r#"UptimeChecker/availability_percent{group="shops",site="eu",team="web"}"#;
    assert_eq!(samples(true).await[0].series.key(), old_key);
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
async fn what_this_host_cannot_see_is_neither_up_nor_down_until_it_sees_again() {
    let (_listener, address) = listener().await;
    let mut target = target(tcp(address), Thresholds { failures: 1, successes: 1 });
    target.collect().await.unwrap();
    assert_eq!(target.is_up(), Some(true));

    let route = |answered| Evidence { host: "192.0.2.1".to_owned(), lookup: None, route: Some(answered) };
    let finding = |failure: Option<&str>, answered| Finding {
        failure: failure.map(str::to_owned),
        evidence: route(answered),
        ..Finding::default()
    };
    let now = Timestamp::now();
    for _minute in 0..3 {
        let error = target.collected(Ok(finding(Some("network unreachable"), false)), now).unwrap_err();
        assert_eq!(error, CollectError::CannotProbe("network unreachable".to_owned()));
        assert_eq!(target.is_up(), None);
    }
    let samples = target.failed(&CollectError::CannotProbe(String::new()));
    let [sample] = &samples[..] else { panic!("{samples:?}") };
    assert_eq!((sample.series.name(), sample.series.label("kind")), ("can_probe", Some("network")));
    assert_eq!((sample.value, &sample.note), (0.0, &Note::new("this host has no route to its targets")));

    let samples = target.collected(Ok(finding(None, true)), now).unwrap();
    let values = by_name(&samples);
    assert_eq!((values["availability_percent"], values["can_probe"]), (100.0, 1.0));
    assert_eq!(target.is_up(), Some(true));
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
