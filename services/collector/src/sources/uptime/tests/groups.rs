//! Groups of targets, and defaults.

use super::config::{read, refused_all};
use crate::sources::uptime::config::{Check, MAX_TARGETS, UptimeConfig};
use std::time::Duration;

fn named(targets: &[UptimeConfig]) -> Vec<String> {
    targets.iter().map(UptimeConfig::target).collect()
}

#[test]
fn fifty_sites_are_fifty_lines() {
    let sites: Vec<_> = (1..=50).map(|site| format!("site{site} = \"https://site{site}.test/\"")).collect();
    let head = "[[collector.uptime]]\ngroup = \"shops\"\n[collector.uptime.targets]";
    let text = format!("{head}\n{}\n", sites.join("\n"));
    let targets = read(&text).unwrap();
    assert_eq!(targets.len(), 50);
    assert!(targets.iter().all(|target| target.labels.group() == Some("shops")));
}

#[test]
fn a_line_is_a_url_or_another_scheme_and_its_name_is_derived_in_a_list() {
    let text = r#"
        [[collector.uptime]]
        targets = ["https://shop.test/health?key=s3cret", "tcp://db.test:5432", "tls://mail.test:993"]
        [[collector.uptime]]
        group = "shops"
        targets.blog = "https://blog.test/"
    "#;
    let targets = read(text).unwrap();
    assert_eq!(
        named(&targets),
        ["uptime/shop.test/health", "uptime/db.test:5432", "uptime/mail.test:993", "uptime/shops/blog"]
    );
    assert!(matches!(&targets[1].check, Check::Tcp(address) if address.port() == 5432));
    assert!(matches!(&targets[2].check, Check::Tls(address, _) if address.port() == 993));
}

#[test]
fn a_target_takes_what_it_does_not_set_from_its_group_and_that_from_the_defaults() {
    let text = r#"
        [collector.uptime_defaults]
        interval = "30s"
        jitter = "30s"
        timeout = "5s"
        headers = { x-probe = "watchkeeper" }
        failures = 2
        [[collector.uptime]]
        group = "shops"
        labels = { team = "web" }
        expect_status = ["204"]
        timeout = "4s"
        [collector.uptime.targets]
        quick = { url = "https://quick.test/", interval = "10s", labels = { tier = "1" } }
        tcp = "tcp://db.test:5432"
    "#;
    let targets = read(text).unwrap();
    let quick = &targets[0];
    let seconds = Duration::from_secs;
    assert_eq!(
        (quick.timing.interval(), quick.timing.jitter(), quick.timing.timeout()),
        (seconds(10), seconds(10), seconds(4))
    );
    assert_eq!(targets[1].timing.interval(), seconds(30));
    assert_eq!(quick.thresholds.failures, 2);
    let labels: Vec<_> = quick.labels.iter().collect();
    assert_eq!(labels, [("group", "shops"), ("team", "web"), ("tier", "1")]);
    let Check::Http(http) = &quick.check else { panic!("{quick:?}") };
    assert!(http.expect[0].contains(204) && !http.expect[0].contains(200));
    assert_eq!(http.access.headers["x-probe"], "watchkeeper");
}

#[test]
fn the_name_of_a_target_is_unique_in_its_group() {
    let twice = |first: &str, second: &str| {
        let group = |group: &str| format!("[[collector.uptime]]\n{group}targets.a = \"https://a.test/\"\n");
        group(first) + &group(second)
    };
    assert_eq!(read(&twice("", "group = \"b\"\n")).unwrap().len(), 2);
    assert_eq!(
        refused_all(&twice("group = \"b\"\n", "group = \"b\"\n")),
        ["collector.uptime: two targets have the name uptime/b/a"]
    );
}

#[test]
fn labels_are_bounded_and_have_names_that_nothing_else_has() {
    let target = |keys: &str| format!("[[collector.uptime]]\nurl = \"https://a.test/\"\n{keys}\n");
    let labels = |count: usize| -> String {
        let labels: Vec<String> = (0..count).map(|label| format!("l{label} = \"x\"")).collect();
        target(&format!("labels = {{ {} }}", labels.join(", ")))
    };
    assert!(read(&labels(16)).is_ok());
    assert_eq!(refused_all(&labels(17)), ["collector.uptime[0].labels: has 17 entries, the limit is 16"]);
    for (label, reason) in [
        ("target", "means something else already: choose another name"),
        ("severity", "means something else already: choose another name"),
        ("group", "is set by the key `group`"),
        ("1st", "is not a name of a label: at most 64 letters, digits and _, not beginning with a digit"),
        ("a-b", "is not a name of a label: at most 64 letters, digits and _, not beginning with a digit"),
    ] {
        let refused = refused_all(&target(&format!("labels = {{ {label} = \"x\" }}")));
        assert_eq!(refused, [format!("collector.uptime[0].labels: {label:?} {reason}")]);
    }
    let long = "x".repeat(257);
    assert_eq!(
        refused_all(&target(&format!("labels = {{ a = {long:?} }}"))),
        ["collector.uptime[0].labels.a: has 257 bytes, the limit is 256"]
    );
    assert_eq!(
        refused_all(&target(&format!("group = {long:?}"))),
        ["collector.uptime[0].group: has 257 bytes, the limit is 256"]
    );
}

#[test]
fn groups_together_have_at_most_as_many_targets_as_the_limit() {
    let group = |first: usize, count: usize| {
        let targets: Vec<String> =
            (first..first + count).map(|site| format!("\"https://s{site}.test/\"")).collect();
        format!("[[collector.uptime]]\ntargets = [{}]\n", targets.join(", "))
    };
    let half = MAX_TARGETS / 2;
    let all = group(0, half) + &group(half, half);
    assert_eq!(read(&all).unwrap().len(), MAX_TARGETS);
    assert_eq!(
        refused_all(&(all + &group(MAX_TARGETS, 1))),
        ["collector.uptime: has 20001 targets in all, the limit is 20000"]
    );
}
