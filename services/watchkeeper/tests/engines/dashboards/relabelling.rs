//! The labels of entries of the journal, by the code of Prometheus, which Promtail and Alloy use too.

use super::board::directory;
use super::prometheus::Prometheus;
use crate::host::unused_address;
use crate::patience::{so, wait_for};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

/// Names with their values.
type Values = &'static [(&'static str, &'static str)];

/// Fields of an entry, as Promtail names them, and the labels that it gets.
const ENTRIES: [(Values, Values); 6] = [
    (
        &[
            ("_systemd_unit", "watchkeeper@persister.service"),
            ("priority_keyword", "error"),
            ("_hostname", "db1"),
        ],
        &[
            ("unit", "watchkeeper@persister.service"),
            ("role", "persister"),
            ("level", "error"),
            ("host", "db1"),
        ],
    ),
    // A further instance is of the same role.
    (
        &[("_systemd_unit", "watchkeeper@persister-2.service")],
        &[("unit", "watchkeeper@persister-2.service"), ("role", "persister")],
    ),
    (
        &[
            ("_systemd_unit", "watchkeeper-up.service"),
            ("role", "notifier"),
            ("syslog_identifier", "watchkeeper"),
        ],
        &[("unit", "watchkeeper-up.service"), ("role", "notifier")],
    ),
    // Of systemd about the unit.
    (
        &[
            ("_systemd_unit", "init.scope"),
            ("syslog_identifier", "systemd"),
            ("unit", "watchkeeper@api.service"),
        ],
        &[("unit", "watchkeeper@api.service"), ("role", "api")],
    ),
    // A field of this name in an entry of another program is not the unit.
    (
        &[
            ("_systemd_unit", "watchkeeper@collector.service"),
            ("syslog_identifier", "watchkeeper"),
            ("unit", "nginx.service"),
        ],
        &[("unit", "watchkeeper@collector.service"), ("role", "collector")],
    ),
    (&[("_systemd_unit", "nginx.service"), ("role", "web")], &[("unit", "nginx.service")]),
];

#[test]
#[ignore = "needs Prometheus: cargo xtask test installs it"]
fn entries_of_the_journal_get_their_unit_role_level_and_host() {
    let (dir, address) = (tempfile::tempdir().unwrap(), unused_address());
    let mut config = "scrape_configs:\n  - job_name: journal\n    static_configs:\n".to_owned();
    for (number, (fields, _)) in ENTRIES.iter().enumerate() {
        let _ = writeln!(config, "      - targets: [\"127.0.0.1:{}\"]\n        labels:", number + 1);
        for (field, value) in *fields {
            let _ = writeln!(config, "          __journal_{field}: \"{value}\"");
        }
    }
    let prometheus = Prometheus::with_config(dir.path(), address, &format!("{config}{}", relabel_configs()));
    wait_for("the targets", || {
        let targets = prometheus.targets()?;
        so(targets.len() == ENTRIES.len(), &targets)?;
        for target in targets {
            let of = target["discoveredLabels"]["__address__"].as_str().unwrap();
            let number: usize = of.rsplit(':').next().unwrap().parse().unwrap();
            let labels: BTreeMap<String, String> = serde_json::from_value(target["labels"].clone()).unwrap();
            let given = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let given: BTreeMap<_, _> =
                given.filter(|(name, _)| !["job", "instance"].contains(name)).collect();
            let (fields, expected) = ENTRIES[number - 1];
            assert_eq!(given, expected.iter().copied().collect(), "{fields:?}");
        }
        Ok(())
    });
}

/// The part of the configuration of Promtail.
fn relabel_configs() -> String {
    let promtail = fs::read_to_string(directory().join("loki/promtail.yml")).unwrap();
    let mut lines = promtail.lines().skip_while(|line| line.trim() != "relabel_configs:");
    let first = lines.next().unwrap();
    let is_inner = |line: &&str| line.starts_with("      ");
    let inner: Vec<_> = lines.take_while(is_inner).collect();
    format!("{first}\n{}\n", inner.join("\n"))
}
