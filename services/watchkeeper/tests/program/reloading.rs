//! What a SIGHUP takes, refuses, and leaves to a restart.

use crate::lifecycle::Systemd;
use crate::running::{Up, agent, wait_for};
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use tempfile::TempDir;

const SUCCESSFUL: &str = "watchkeeper_config_last_reload_successful";
const SUCCESS_AT: &str = "watchkeeper_config_last_reload_success_timestamp_seconds";

/// A running `up` with a file that changes.
struct Stage {
    config: PathBuf,
    systemd: Systemd,
    up: Up,
    _directory: TempDir,
}

impl Stage {
    fn new(config: &str) -> Self {
        Self::with_included(config, "")
    }

    /// The same with `sites.toml` beside the configuration.
    fn with_included(config: &str, included: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("sites.toml"), included).unwrap();
        let file = directory.path().join("watchkeeper.toml");
        fs::write(&file, config).unwrap();
        let systemd = Systemd::listen(directory.path());
        let up = Up::start_with(&directory.path().join("data"), |command| {
            command.arg("--config").arg(&file).stderr(Stdio::piped());
            command.env("NOTIFY_SOCKET", directory.path().join("notify"));
        });
        Self { config: file, systemd, up, _directory: directory }
    }

    /// Has the file reloaded, and gives the status that systemd is told when that is done.
    fn reload(&self, config: &str) -> String {
        fs::write(&self.config, config).unwrap();
        self.up.signal("HUP");
        assert!(self.systemd.hear("MONOTONIC_USEC=").len() > "MONOTONIC_USEC=".len());
        self.systemd
            .hear_message("READY=1")
            .lines()
            .find(|line| line.starts_with("STATUS="))
            .unwrap()
            .to_owned()
    }

    fn include(&self, included: &str) {
        fs::write(self.config.with_file_name("sites.toml"), included).unwrap();
    }

    fn printed(&self, args: &[&str]) -> String {
        let output = self.up.run(args);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn wait_for(&self, args: &[&str], part: &str) -> String {
        wait_for(part, || Some(self.printed(args)).filter(|printed| printed.contains(part)))
    }

    fn metric(&self, name: &str) -> String {
        let metrics = self.up.get("/metrics");
        let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{name} is missing")).to_owned()
    }

    fn post(&self, value: f64, of: &str) -> Option<u16> {
        let labels = format!(r#"{{"of":{of:?}}}"#);
        let sample =
            format!(r#"[{{"source":"demo","name":"temperature","value":{value},"labels":{labels}}}]"#);
        self.up.post_samples(&sample)
    }
}

const BEFORE: &str = r#"
[notifier]
group_wait = "0s"
[[notifier.receiver]]
name = "day"
mail = ["day@example.org"]

[[rule]]
name = "too_hot"
match = ['name="temperature"']
threshold = { above = 90 }
"#;

const AFTER: &str = r#"
[notifier]
group_wait = "0s"
[[notifier.receiver]]
name = "night"
mail = ["night@example.org"]

[ingest]
max_body = "1 KiB"

[[rule]]
name = "too_cold"
match = ['name="temperature"']
threshold = { below = 0 }
"#;

#[test]
fn a_reload_takes_rules_receivers_and_limits_and_what_fires_by_a_removed_rule_clears() {
    let stage = Stage::new(BEFORE);
    let started_at = stage.metric(SUCCESS_AT);
    assert!(started_at.parse::<f64>().unwrap() > 1.7e9, "{started_at}");
    assert_eq!(stage.metric(SUCCESSFUL), "1");
    assert_eq!(stage.post(95.0, "oven"), Some(202));
    let told = stage.wait_for(&["notifications", "--json"], "too_hot");
    assert!(told.contains("day@example.org"), "{told}");

    let status = stage.reload(AFTER);
    assert!(!status.contains("restart to apply"), "{status}");
    assert!(stage.printed(&["rules", "list"]).contains("too_cold"));
    stage.wait_for(&["alerts", "--rule", "too_hot", "--json"], "the rule is no longer in the configuration");
    assert_eq!(stage.post(-5.0, "freezer"), Some(202));
    let told = stage.wait_for(&["notifications", "--json"], "too_cold");
    let cold: Vec<_> = told.lines().filter(|line| line.contains("too_cold")).collect();
    assert!(cold.iter().all(|line| line.contains("night@example.org")), "{cold:?}");
    let large =
        format!(r#"{{"source":"demo","name":"n","value":1,"labels":{{"l":"{}"}}}}"#, "x".repeat(1_024));
    assert_eq!(stage.up.post_samples(&large), Some(413));
    assert_ne!(stage.metric(SUCCESS_AT), started_at);
}

#[test]
fn of_a_file_with_errors_nothing_is_taken_and_log_metric_and_status_say_so() {
    let mut stage = Stage::new(BEFORE);
    let mut log = stage.up.stderr();
    let taken_at = stage.metric(SUCCESS_AT);
    let wrong = AFTER.replace("1 KiB", "1 Kib").replace("below = 0", "below = \"0\"");
    let status = stage.reload(&wrong);
    assert!(status.contains("the configuration was rejected"), "{status}");
    for said in ["configuration rejected, keeping the old one", "watchkeeper.toml:9:", "watchkeeper.toml:14:"]
    {
        assert!(log.any(|line| line.unwrap().contains(said)), "{said}");
    }
    assert_eq!((stage.metric(SUCCESSFUL), stage.metric(SUCCESS_AT)), ("0".to_owned(), taken_at));
    let rules = stage.printed(&["rules", "list"]);
    assert!(rules.contains("too_hot") && !rules.contains("too_cold"), "{rules}");
    assert_eq!(stage.post(95.0, "oven"), Some(202));
    assert!(stage.wait_for(&["notifications", "--json"], "too_hot").contains("day@example.org"));

    let status = stage.reload(AFTER);
    assert!(!status.contains("the configuration was rejected"), "{status}");
    assert_eq!(stage.metric(SUCCESSFUL), "1");
}

#[test]
fn what_needs_a_restart_is_named_until_the_file_is_as_it_was() {
    let stage = Stage::new(BEFORE);
    let needs_a_restart = "[api]\nstreams = 10\n[ingest.spool]\nmax = \"16 MiB\"\n[listen]\ncache = \"127.0.0.1:1\"\n\
        [backends]\nbus = \"kafka://127.0.0.1:1\"\n[analytics]\nsettle = \"6m\"\n[collector.spool]\nmax = \"16 MiB\"\n";
    let status = stage.reload(&format!("{AFTER}{needs_a_restart}"));
    let sections = "restart to apply changes of: http, grpc or listen, backends, ingest.spool, api, \
        collector.spool, analytics; ";
    assert!(status.contains(sections), "{status}");
    assert!(stage.printed(&["rules", "list"]).contains("too_cold"), "what can be taken is");
    let status = stage.reload(BEFORE);
    assert!(!status.contains("restart to apply"), "{status}");
}

#[test]
fn a_status_page_is_there_and_gone_with_the_next_request_after_a_reload() {
    let stage = Stage::new("");
    let page = "[[status_page]]\nname = \"customers\"\ntitle = \"Example status\"\nmatch = []\n";
    let status_of = || {
        let answer = agent().get(format!("{}/status/customers", stage.up.url)).call();
        answer.unwrap().status().as_u16()
    };
    assert_eq!(status_of(), 404);
    let status = stage.reload(page);
    assert!(!status.contains("restart to apply"), "{status}");
    assert_eq!(status_of(), 200);
    assert!(stage.up.get("/status/customers").contains("<h1>Example status</h1>"));
    stage.reload(&page.replace("Example status", "Other status"));
    assert!(stage.up.get("/status/customers").contains("<h1>Other status</h1>"));
    stage.reload("");
    assert_eq!(status_of(), 404);
}

/// A site that accepts connections, probed every second.
fn site(name: &str, listener: &TcpListener) -> String {
    let address = listener.local_addr().unwrap();
    format!(
        "[[collector.uptime]]\nname = \"{name}\"\ntcp = \"{address}\"\ninterval = \"1s\"\njitter = \"0s\"\n"
    )
}

#[test]
fn a_reload_takes_the_targets_of_included_files_and_none_of_a_file_with_errors() {
    const MAIN: &str = "include = \"sites.toml\"\n[collector.host]\nenabled = false\n";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stage = Stage::with_included(MAIN, &site("first", &listener));
    let mut log = stage.up.stderr();
    let probed = |stage: &Stage, name: &str| {
        let path = format!("/v1/latest?source=uptime&name=availability_percent&label.target={name}");
        stage.up.wait_for(&path, |answer| answer.contains("100"));
    };
    probed(&stage, "first");

    stage.include(&site("second", &listener));
    let status = stage.reload(MAIN);
    assert!(!status.contains("restart to apply"), "{status}");
    probed(&stage, "second");
    assert_eq!(stage.metric("watchkeeper_collector_targets"), "1");
    // The role may log its part first.
    let mut unsaid = vec![
        "configuration reloaded: changed collector",
        "targets reloaded: added uptime/second; removed uptime/first; 0 unchanged",
    ];
    while !unsaid.is_empty() {
        let line = log.next().unwrap().unwrap();
        unsaid.retain(|said| !line.contains(said));
    }

    stage.include(&format!("{}{}", site("third", &listener), site("third", &listener)));
    let status = stage.reload(MAIN);
    assert!(status.contains("the configuration was rejected"), "{status}");
    assert!(log.any(|line| line.unwrap().contains("two targets have the name uptime/third")));
    assert_eq!(stage.metric("watchkeeper_collector_targets"), "1");
    stage.include(&[site("second", &listener), site("third", &listener)].concat());
    stage.reload(MAIN);
    probed(&stage, "third");
    assert_eq!(stage.metric("watchkeeper_collector_targets"), "2");
}
