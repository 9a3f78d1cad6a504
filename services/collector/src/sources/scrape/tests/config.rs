//! The sections `[[collector.scrape]]`.

use crate::config::CollectorConfig;
use crate::sources::labels::TargetLabels;
use crate::sources::scrape::config::{MAX_TARGETS, ScrapeConfig};
use crate::target::Timing;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::{ConfigErrors, Document};
use watchkeeper_http_client::Access;
use watchkeeper_http_client::Trust;

fn read(sections: &str) -> Result<Vec<ScrapeConfig>, ConfigErrors> {
    let document = Document::parse("watchkeeper.toml", sections)?;
    let collector = document.read(|root| root.section("collector", CollectorConfig::read))?;
    Ok(collector.scrape.into_iter().map(Arc::unwrap_or_clone).collect())
}

fn refused(keys: &str) -> String {
    let errors = read(&format!("[[collector.scrape]]\n{keys}\n")).unwrap_err();
    assert_eq!(errors.count(), 1, "{errors}");
    errors.first()[0].to_string()
}

#[test]
fn a_url_is_enough() {
    assert_eq!(read("").unwrap(), []);
    let quarter = Duration::from_secs(15);
    let expected = ScrapeConfig {
        url: "http://127.0.0.1:9100/metrics".parse().unwrap(),
        source: "scrape".to_owned(),
        instance: "127.0.0.1:9100".to_owned(),
        timing: Timing::new(quarter, quarter, Duration::from_secs(10)),
        include: Vec::new(),
        exclude: Vec::new(),
        access: Access::default(),
        labels: TargetLabels::default(),
    };
    let read = read("[[collector.scrape]]\nurl = \"http://127.0.0.1:9100/metrics\"").unwrap();
    assert_eq!(read, [expected]);
}

#[test]
fn every_key_is_read() {
    let sections = r#"
        [[collector.scrape]]
        url = "https://exporter.test/metrics?format=prometheus"
        source = "node"
        instance = "db-1"
        interval = "1m"
        jitter = "1s"
        timeout = "5s"
        include = ["node_*"]
        exclude = ["node_scrape_*", "node_arp_entries"]
    "#;
    let [scrape] = &read(sections).unwrap()[..] else { unreachable!("one section") };
    assert_eq!((&*scrape.source, &*scrape.instance), ("node", "db-1"));
    let seconds = Duration::from_secs;
    assert_eq!(scrape.timing, Timing::new(seconds(60), seconds(1), seconds(5)));
    assert!(scrape.takes("node_load1") && !scrape.takes("node_arp_entries") && !scrape.takes("go_threads"));
}

#[test]
fn authorities_headers_and_authentication_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let password = directory.path().join("password");
    fs::write(&password, "s3cret\n").unwrap();
    fs::set_permissions(&password, Permissions::from_mode(0o600)).unwrap();
    let sections = format!(
        "[[collector.scrape]]\nurl = \"https://exporter.test/\"\nca_file = \"/etc/ssl/own.pem\"\nusername = \"ops\"\n\
         password_file = {password:?}\nheaders = {{ x-scope = \"all\" }}"
    );
    let [scrape] = &read(&sections).unwrap()[..] else { unreachable!("one section") };
    assert_eq!(scrape.access.trust, Trust::File("/etc/ssl/own.pem".into()));
    let headers: Vec<_> = scrape.access.headers().collect();
    assert_eq!(headers, [("x-scope", "all"), ("authorization", "Basic b3BzOnMzY3JldA==")]);
}

#[test]
fn headers_that_cannot_be_sent_and_half_an_authentication_are_refused() {
    let refused = |keys: &str| refused(&format!("url = \"http://exporter.test/\"\n{keys}"));
    for (keys, reason) in [
        ("headers = { Host = \"other\" }", "collector.scrape[0].headers: Host is set by the client"),
        ("headers = { \"a b\" = \"x\" }", "collector.scrape[0].headers: a b is not a header"),
        ("headers = { a = \"x\\ny\" }", "collector.scrape[0].headers: a is not a header"),
        ("username = \"ops\"", "collector.scrape[0].username: needs password_file"),
    ] {
        let error = refused(keys);
        assert!(error.starts_with(reason), "{error}");
    }
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    assert_eq!(refused(r#"source = "node""#), "collector.scrape[0].url: is missing");
    assert!(refused(r#"url = "exporter:9100""#).starts_with("collector.scrape[0].url: must be an http://"));
    let url = "url = \"http://h:9100\"\n";
    assert_eq!(
        refused(&format!(r#"{url}source = "a b""#)),
        "collector.scrape[0].source: may have only letters, digits and any of _.:- but has ' '"
    );
    assert_eq!(
        refused(&format!(r#"{url}instance = "a\nb""#)),
        "collector.scrape[0].instance: must not contain control characters but has '\\n'"
    );
    assert_eq!(
        refused(&format!("{url}include = {:?}", vec!["a"; 101])),
        "collector.scrape[0].include: has 101 items, the limit is 100"
    );
}

#[test]
fn two_endpoints_of_one_source_and_instance_are_refused() {
    let same = refused("url = \"http://h/a\"\n[[collector.scrape]]\nurl = \"http://h/b\"");
    assert_eq!(same, "collector.scrape: two targets have the name scrape/scrape/h:80");
    let named = "[[collector.scrape]]\nurl = \"http://h/a\"\n[[collector.scrape]]\nurl = \"http://h/b\"\nsource = \"b\"";
    assert_eq!(read(named).unwrap().len(), 2);
}

#[test]
fn there_are_no_more_endpoints_than_the_limit() {
    let sections = |count: usize| -> String {
        let section = |port| format!("[[collector.scrape]]\nurl = \"http://h:{port}\"\n");
        (1..=count).map(section).collect::<Vec<_>>().concat()
    };
    assert_eq!(read(&sections(MAX_TARGETS)).unwrap().len(), MAX_TARGETS);
    let errors = read(&sections(MAX_TARGETS + 1)).unwrap_err();
    assert_eq!(errors.first()[0].to_string(), "collector.scrape: has 501 items, the limit is 500");
}

#[test]
fn endpoints_of_a_group_share_what_they_do_not_set_and_a_key_of_the_table_names_the_instance() {
    let sections = r#"
        [collector.scrape_defaults]
        interval = "1m"
        [[collector.scrape]]
        source = "node"
        group = "db"
        labels = { team = "ops" }
        include = ["node_*"]
        targets.db1 = "http://db1.test:9100/metrics"
        targets.db2 = { url = "http://db2.test:9100/metrics", include = ["up"] }
        [[collector.scrape]]
        targets = ["http://web1.test:9100/metrics"]
    "#;
    let read = read(sections).unwrap();
    let names: Vec<String> = read.iter().map(ScrapeConfig::target).collect();
    assert_eq!(names, ["scrape/node/db1", "scrape/node/db2", "scrape/scrape/web1.test:9100"]);
    assert!(read.iter().all(|scrape| scrape.timing.interval() == Duration::from_secs(60)));
    assert!(read[0].takes("node_load1") && !read[1].takes("node_load1"));
    assert_eq!(read[1].labels.iter().collect::<Vec<_>>(), [("group", "db"), ("team", "ops")]);
    for label in ["instance", "le", "quantile"] {
        let reason = refused(&format!("url = \"http://a.test/\"\nlabels = {{ {label} = \"x\" }}"));
        assert!(reason.contains("means something else already"), "{reason}");
    }
}
