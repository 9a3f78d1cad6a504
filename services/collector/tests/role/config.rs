//! The section `[collector]`.

use std::path::Path;
use std::time::Duration;
use watchkeeper_collector::{
    CollectorConfig, HostConfig, HostPart, MAX_PATTERNS, MAX_PROCESS_NAMES, Roots, Timing,
};
use watchkeeper_config::{ConfigErrors, Document};

fn read(text: &str) -> Result<CollectorConfig, ConfigErrors> {
    Document::parse("watchkeeper.toml", text)?.read(|root| root.section("collector", CollectorConfig::read))
}

fn refused(line: &str) -> String {
    let errors = read(&format!("[collector.host]\n{line}\n")).unwrap_err();
    assert_eq!(errors.count(), 1, "{errors}");
    errors.first()[0].to_string()
}

#[test]
fn without_a_section_the_host_is_measured_every_fifteen_seconds() {
    let host = read("").unwrap().host.unwrap();
    assert_eq!(host, HostConfig::default());
    assert_eq!(host.timing.interval(), Duration::from_secs(15));
}

#[test]
fn the_spool_is_on_and_its_keys_are_read() {
    let data_dir = Path::new("/var/lib/watchkeeper");
    let default = read("").unwrap().spool;
    assert_eq!(
        (default.max_bytes, default.directory_in(data_dir)),
        (1 << 30, data_dir.join("collector-spool"))
    );
    let text = "[collector.spool]\nmax = \"16 MiB\"\ndirectory = \"/srv/spool\"";
    let spool = read(text).unwrap().spool;
    assert_eq!(
        (spool.max_bytes, spool.directory_in(data_dir)),
        (16 << 20, Path::new("/srv/spool").to_owned())
    );
}

#[test]
fn every_key_is_read() {
    let text = r#"
        [collector.host]
        enabled = true
        interval = "1m"
        jitter = "10s"
        timeout = "2s"
        parts = ["disk", "cpu"]
        exclude_disks = ["/nix/*", "/boot"]
        exclude_devices = ["sdz"]
        exclude_interfaces = ["br-*"]
        exclude_sensors = ["acpitz", "nvme/Sensor *"]
        processes = ["nginx", "post*"]
        cgroups = ["machine.slice/*"]
    "#;
    let expected = HostConfig {
        timing: Timing::new(Duration::from_secs(60), Duration::from_secs(10), Duration::from_secs(2)),
        parts: vec![HostPart::Disk, HostPart::Cpu],
        exclude_disks: vec!["/nix/*".parse().unwrap(), "/boot".parse().unwrap()],
        exclude_devices: vec!["sdz".parse().unwrap()],
        exclude_interfaces: vec!["br-*".parse().unwrap()],
        exclude_sensors: vec!["acpitz".parse().unwrap(), "nvme/Sensor *".parse().unwrap()],
        processes: vec!["nginx".parse().unwrap(), "post*".parse().unwrap()],
        cgroups: vec!["machine.slice/*".parse().unwrap()],
        roots: Roots::default(),
    };
    assert_eq!(read(text).unwrap().host, Some(expected));
}

#[test]
fn a_source_that_is_not_enabled_has_no_targets() {
    assert_eq!(read("[collector.host]\nenabled = false").unwrap().host, None);
}

#[test]
fn a_value_past_its_bound_is_refused_by_name() {
    assert_eq!(refused(r#"interval = "999ms""#), "collector.host.interval: must be from 1s to 1d, is 999ms");
    assert_eq!(refused(r#"jitter = "16s""#), "collector.host.jitter: must be from 0s to 15s, is 16s");
    assert_eq!(refused(r#"timeout = "16s""#), "collector.host.timeout: must be from 100ms to 15s, is 16s");
    assert_eq!(
        refused(&format!("exclude_disks = {:?}", vec!["/a"; MAX_PATTERNS + 1])),
        "collector.host.exclude_disks: has 101 items, the limit is 100"
    );
    assert!(
        refused(r#"exclude_interfaces = ["a*b"]"#)
            .starts_with("collector.host.exclude_interfaces[0]: must be")
    );
    assert_eq!(
        refused(r#"parts = ["cpu", "dsk"]"#),
        "collector.host.parts[1]: must be one of cpu, memory, load, disk, io, network, temperature, units, raid, \
         smart, clock (is \"dsk\")"
    );
    let processes: Vec<_> = (0..=MAX_PROCESS_NAMES).map(|n| format!("p{n}")).collect();
    assert_eq!(
        refused(&format!("processes = {processes:?}")),
        "collector.host.processes: has 65 items, the limit is 64"
    );
    assert!(
        refused(r#"cgroups = ["/system.slice"]"#)
            .starts_with("collector.host.cgroups[0]: must be a path below /sys/fs/cgroup")
    );
    assert!(refused("intervall = 1").starts_with("collector.host.intervall: unknown key"));
}

/// What the example shows of keys without a default.
const NO_DEFAULT: [&str; 11] = [
    "answer_matches",
    "body",
    "expect =",
    "expect_answer",
    "expect_matches",
    "group",
    "headers",
    "labels",
    "proxy",
    "send",
    "username",
];

/// The lines of the example without the paragraphs about groups of targets.
fn lines_about_one_target() -> impl Iterator<Item = &'static str> {
    let mut is_about_groups = false;
    include_str!("../../../../examples/watchkeeper.toml").lines().filter(move |line| {
        is_about_groups |= line.starts_with("# Many targets:") || line.starts_with("# Groups and defaults");
        let is_about_other = !line.is_empty() && !line.starts_with('#');
        is_about_groups &= !line.starts_with("# Prometheus endpoints") && !is_about_other;
        !is_about_groups
    })
}

/// The sections of the example that are comments because they have no default target.
fn commented_sections() -> String {
    let mut sections = String::new();
    let mut is_within = false;
    for line in lines_about_one_target() {
        let Some(text) = line.strip_prefix("# ") else {
            is_within = false;
            continue;
        };
        is_within |= text.starts_with("[[collector.");
        let has_default = !NO_DEFAULT.iter().any(|key| text.starts_with(key)) && !text.contains("_file");
        if is_within && has_default {
            sections.extend([text, "\n"]);
        }
    }
    sections
}

#[test]
fn the_example_of_a_target_says_what_the_defaults_are() {
    let example = read(&commented_sections()).unwrap();
    let keys = r#"
        [[collector.uptime]]
        url = "https://example.com/health"
        [[collector.uptime]]
        url = "https://api.example.com/search"
        [[collector.uptime]]
        tcp = "db.example.com:5432"
        [[collector.uptime]]
        url = "tcp://cache.example.com:6379"
        [[collector.uptime]]
        tls = "mail.example.com:993"
        [[collector.uptime]]
        url = "smtp://mail.example.com"
        [[collector.uptime]]
        url = "imaps://mail.example.com"
        [[collector.uptime]]
        url = "ssh://bastion.example.com"
        [[collector.uptime]]
        url = "icmp://192.0.2.1"
        [[collector.uptime]]
        url = "dns://192.0.2.53/example.com"
        [[collector.uptime]]
        url = "grpc://orders.example.com:50051"
        [[collector.uptime]]
        url = "grpcs://orders.example.com:443/shop.Orders"
        [[collector.uptime]]
        url = "domain://example.com"
        [[collector.scrape]]
        url = "http://127.0.0.1:9100/metrics"
    "#;
    assert_eq!(example, read(keys).unwrap());
}

#[test]
fn the_example_of_a_target_is_read_with_all_its_keys() {
    let uptime = lines_about_one_target().skip_while(|line| *line != "# [[collector.uptime]]");
    let uptime = uptime.take_while(|line| !line.starts_with("# Prometheus endpoints"));
    let is_key = |text: &&str| text.starts_with("[[") || text.split(" = ").next().is_some_and(is_word);
    let keys = uptime.filter_map(|line| line.strip_prefix("# ")).filter(is_key);
    let text = keys.filter(|key| !key.contains("_file")).collect::<Vec<_>>().join("\n");
    let without_password = text.replace("username = \"probe\"", "");
    assert_eq!(
        read(&without_password).map(|config| config.uptime.len()).map_err(|error| error.to_string()),
        Ok(13)
    );
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_lowercase() || character == '_')
}

#[test]
fn a_timing_is_within_its_bounds_however_it_was_made() {
    let timing = Timing::new(Duration::ZERO, Duration::MAX, Duration::MAX);
    assert_eq!(timing.interval(), Timing::MIN_INTERVAL);
    assert_eq!(timing.jitter(), Timing::MIN_INTERVAL);
    assert_eq!(timing.timeout(), Timing::MAX_TIMEOUT);
}
