//! ICMP checks of this host.

use super::{by_name, probe, target};
use crate::sources::uptime::address::Address;
use crate::sources::uptime::config::{Check, Thresholds};
use crate::sources::uptime::icmp::{IcmpCheck, may_ping};
use crate::sources::uptime::watching::Watch;
use crate::target::{CollectError, Target as _};
use watchkeeper_domain::{Sample, Timestamp};

const ONCE: Thresholds = Thresholds { failures: 1, successes: 1 };

fn ping(host: &str) -> Check {
    Check::Icmp(IcmpCheck { host: Address::new(host, 1), count: 3 })
}

/// Whether the kernel lets this test ping; says so if not.
fn may(is_v6: bool) -> bool {
    let may = may_ping(is_v6);
    if !may {
        eprintln!("skipped: the kernel refuses sockets for ICMP, IPv6: {is_v6}");
    }
    may
}

#[tokio::test]
async fn this_host_replies_over_both_families_and_by_name() {
    for (host, is_v6) in [("127.0.0.1", false), ("::1", true), ("localhost", false)] {
        if !may(is_v6) {
            continue;
        }
        let found = probe(&ping(host)).await;
        assert_eq!((found.failure, found.loss), (None, Some(0.0)), "{host}");
        assert!(found.latency.is_some());
    }
}

#[tokio::test]
async fn the_loss_is_a_series_of_its_own() {
    if !may(false) {
        return;
    }
    let mut target = target(ping("127.0.0.1"), ONCE);
    let samples = target.collect().await.unwrap();
    let values = by_name(&samples);
    assert_eq!((values["availability_percent"], values["packet_loss_percent"]), (100.0, 0.0));
}

#[tokio::test]
async fn a_name_without_address_is_no_reply() {
    if !may(false) {
        return;
    }
    let found = probe(&ping("no-such-host.invalid")).await;
    assert!(found.failure.is_some() && found.loss.is_none(), "{found:?}");
}

#[tokio::test]
async fn a_socket_that_the_kernel_refuses_says_nothing_of_the_target() {
    if may_ping(false) {
        // Then no test can be refused one: what remains is that the error is kept apart.
        let error = CollectError::CannotProbe("the kernel refuses".to_owned());
        assert_eq!(error.to_string(), "cannot probe: the kernel refuses");
        return;
    }
    let mut target = target(ping("127.0.0.1"), ONCE);
    let error = target.collect().await.unwrap_err();
    assert!(error.to_string().starts_with("cannot probe: the kernel refuses a socket for ICMP"), "{error}");
    assert!(target.is_up().is_none());
    let no_availability = |sample: &Sample| sample.series.name() == "can_probe";
    assert!(target.failed(&error).iter().all(no_availability));
}

#[test]
fn whether_this_host_may_ping_is_published() {
    let watch = Watch::default();
    watch.icmp(true);
    let samples = watch.samples(Timestamp::now());
    let [sample] = &samples[..] else { panic!("{samples:?}") };
    assert_eq!((sample.series.name(), sample.series.label("kind")), ("can_probe", Some("icmp")));
    let may = may_ping(false) || may_ping(true);
    assert_eq!((sample.value, sample.note.is_none()), (f64::from(u8::from(may)), may));
}
