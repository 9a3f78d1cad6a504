//! The sections `[[collector.uptime]]`.

use crate::config::CollectorConfig;
use crate::sources::labels::TargetLabels;
use crate::sources::uptime::body::{BodyConditions, MAX_BODY_VALUES, MAX_CONDITION_BYTES};
use crate::sources::uptime::config::{Check, HttpCheck, MAX_EXPECTED, MAX_TARGETS, Thresholds, UptimeConfig};
use crate::sources::uptime::request::{MAX_REQUEST_BODY_BYTES, Sends};
use crate::sources::uptime::status::StatusRange;
use crate::target::Timing;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::Method;
use watchkeeper_config::{ConfigErrors, Document};
use watchkeeper_http_client::Trust;
use watchkeeper_http_client::{Access, MAX_HEADER_BYTES, MAX_HEADERS};

pub(super) fn read(sections: &str) -> Result<Vec<UptimeConfig>, ConfigErrors> {
    let document = Document::parse("watchkeeper.toml", sections)?;
    let collector = document.read(|root| root.section("collector", CollectorConfig::read))?;
    Ok(collector.uptime.into_iter().map(Arc::unwrap_or_clone).collect())
}

pub(super) fn refused_all(sections: &str) -> Vec<String> {
    read(sections).unwrap_err().first().iter().map(ToString::to_string).collect()
}

pub(super) fn refused(keys: &str) -> String {
    let errors = read(&format!("[[collector.uptime]]\n{keys}\n")).unwrap_err();
    assert_eq!(errors.count(), 1, "{errors}");
    errors.first()[0].to_string()
}

fn minutely() -> Timing {
    let minute = Duration::from_secs(60);
    Timing::new(minute, minute, Duration::from_secs(10))
}

#[test]
fn what_is_probed_is_enough() {
    assert_eq!(read("").unwrap(), []);
    let sections = r#"
        [[collector.uptime]]
        url = "https://shop.test/health?key=s3cret"
        [[collector.uptime]]
        tcp = "db.test:5432"
        [[collector.uptime]]
        tls = "mail.test:993"
    "#;
    let check = Check::Http(HttpCheck {
        url: "https://shop.test/health?key=s3cret".parse().unwrap(),
        expect: vec![StatusRange::SUCCESS],
        max_redirects: 5,
        allow_local_redirects: false,
        proxy: None,
        sends: Sends::default(),
        conditions: BodyConditions::default(),
        access: Access::default(),
    });
    let target = |name: &str, check| UptimeConfig {
        name: name.to_owned(),
        check,
        timing: minutely(),
        thresholds: Thresholds { failures: 1, successes: 1 },
        labels: TargetLabels::default(),
    };
    let expected = [
        target("https://shop.test/health", check),
        target("db.test:5432", Check::Tcp("db.test:5432".parse().unwrap())),
        target("mail.test:993", Check::Tls("mail.test:993".parse().unwrap(), Trust::Web)),
    ];
    assert_eq!(read(sections).unwrap(), expected);
}

#[test]
fn every_key_is_read() {
    let sections = r#"
        [[collector.uptime]]
        name = "shop"
        url = "https://shop.test/"
        expect_status = ["2xx", "401"]
        max_redirects = 0
        allow_local_redirects = true
        ca_file = "/etc/ssl/own.pem"
        proxy = "http://proxy.test:3128"
        method = "PUT"
        body = "ping"
        body_contains = "pong"
        body_json = { "/status" = "ok" }
        failures = 3
        successes = 2
        interval = "5m"
        jitter = "10s"
        timeout = "13s"
    "#;
    let [target] = &read(sections).unwrap()[..] else { unreachable!("one section") };
    let expected = HttpCheck {
        url: "https://shop.test/".parse().unwrap(),
        expect: vec![StatusRange::SUCCESS, "401".parse().unwrap()],
        max_redirects: 0,
        allow_local_redirects: true,
        proxy: Some("http://proxy.test:3128".parse().unwrap()),
        sends: Sends { method: Method::PUT, body: Some("ping".to_owned()) },
        conditions: BodyConditions {
            contains: Some("pong".to_owned()),
            json: [("/status".to_owned(), "ok".to_owned())].into(),
            ..BodyConditions::default()
        },
        access: Access { trust: Trust::File("/etc/ssl/own.pem".into()), ..Access::default() },
    };
    assert_eq!((&*target.name, &target.check), ("shop", &Check::Http(expected)));
    assert_eq!(target.thresholds, Thresholds { failures: 3, successes: 2 });
    let seconds = Duration::from_secs;
    assert_eq!(target.timing, Timing::new(seconds(300), seconds(10), seconds(13)));
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let of_target = |keys: &str| {
        let error = refused(keys);
        error.strip_prefix("collector.uptime[0].").unwrap_or(&error).to_owned()
    };
    let one_of = "url: exactly one of url, tcp and tls must be given";
    assert_eq!(of_target(r#"name = "nothing""#), one_of);
    assert_eq!(of_target("tcp = \"h:1\"\ntls = \"h:1\""), one_of);
    assert!(of_target(r#"url = "shop.test""#).starts_with("url: must be an http:// or https:// URL"));
    assert!(of_target(r#"tcp = "shop.test""#).starts_with("tcp: must be HOST:PORT"));
    let http = |keys: &str| of_target(&format!("url = \"http://h/\"\n{keys}"));
    assert!(http(r#"method = "FETCH""#).starts_with("method: must be one of DELETE, GET, HEAD"));
    assert_eq!(
        http("method = \"HEAD\"\nbody_contains = \"x\""),
        "method: the response to HEAD has no body: remove the conditions on it, or use GET"
    );
    assert_eq!(
        http(r#"body_matches = "(""#),
        "body_matches: is not a valid regular expression: unclosed group"
    );
    assert!(http(r#"body_json = { status = "ok" }"#).starts_with("body_json: status is not a JSON Pointer"));
    let pointers = |count: usize| {
        let pairs: Vec<_> = (0..count).map(|number| format!("\"/{number}\" = \"x\"")).collect();
        format!("body_json = {{ {} }}", pairs.join(", "))
    };
    assert_eq!(http(&pointers(MAX_BODY_VALUES + 1)), "body_json: has 21 entries, the limit is 20");
    let pointer = "x".repeat(MAX_CONDITION_BYTES);
    assert_eq!(
        http(&format!("body_json = {{ \"/{pointer}\" = \"x\" }}")),
        "body_json: a pointer has 1025 bytes, the limit is 1024"
    );
    assert_eq!(
        http(&format!("body = {:?}", "x".repeat(MAX_REQUEST_BODY_BYTES + 1))),
        "body: has 65537 bytes, the limit is 65536"
    );
    let headers: Vec<_> = (0..=MAX_HEADERS).map(|number| format!("x-{number} = \"x\"")).collect();
    assert_eq!(
        http(&format!("headers = {{ {} }}", headers.join(", "))),
        "headers: has 21 entries, the limit is 20"
    );
    let value = "x".repeat(MAX_HEADER_BYTES + 1);
    assert_eq!(
        http(&format!("headers = {{ x-a = {value:?} }}")),
        "headers.x-a: has 4097 bytes, the limit is 4096"
    );
    assert!(http("proxy = \"socks5://h:1\"").starts_with("proxy: must be an http://"));
    assert_eq!(http("proxy = \"https://h:1\""), "proxy: must be http://HOST:PORT");
    assert_eq!(http("proxy = \"http://h:1/a\""), "proxy: must be http://HOST:PORT");
    let tcp = |keys: &str| of_target(&format!("tcp = \"h:1\"\n{keys}"));
    assert_eq!(tcp(r#"interval = "0s""#), "interval: must be from 1s to 1d, is 0s");
    assert_eq!(tcp(r#"timeout = "14s""#), "timeout: must be at most 13s");
    assert_eq!(tcp("failures = 0"), "failures: must be from 1 to 100, is 0");
    assert_eq!(tcp("successes = 101"), "successes: must be from 1 to 100, is 101");
    assert_eq!(tcp(r#"name = "a\nb""#), "name: must not contain control characters");
    assert!(tcp(r#"expect_status = ["200"]"#).starts_with("expect_status: unknown key"));
    assert!(tcp(r#"ca_file = "/ca.pem""#).starts_with("ca_file: unknown key"));
    let url = |keys: &str| of_target(&format!("url = \"http://h\"\n{keys}"));
    assert_eq!(url("max_redirects = 11"), "max_redirects: must be from 0 to 10, is 11");
    let path = "/".repeat(4097);
    assert_eq!(url(&format!("ca_file = {path:?}")), "ca_file: has 4097 bytes, the limit is 4096");
    assert!(url(r#"expect_status = ["2"]"#).starts_with("expect_status[0]: must be a status code"));
    assert_eq!(
        url(&format!("expect_status = {:?}", vec!["200"; MAX_EXPECTED + 1])),
        "expect_status: has 21 items, the limit is 20"
    );
}

#[test]
fn two_targets_of_one_name_are_refused() {
    let twins = refused("tcp = \"h:1\"\n[[collector.uptime]]\ntls = \"h:1\"");
    assert_eq!(twins, "collector.uptime: two targets have the name uptime/h:1");
}

#[test]
fn there_are_no_more_targets_than_the_limit() {
    let sections = |count: usize| -> String {
        let section = |port| format!("[[collector.uptime]]\ntcp=\"h:{port}\"\n");
        (1..=count).map(section).collect::<Vec<_>>().concat()
    };
    assert_eq!(read(&sections(MAX_TARGETS)).unwrap().len(), MAX_TARGETS);
    let errors = read(&sections(MAX_TARGETS + 1)).unwrap_err();
    assert_eq!(errors.first()[0].to_string(), "collector.uptime: has 20001 items, the limit is 20000");
}
