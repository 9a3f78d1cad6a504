//! How the journal gets into Loki: by Promtail, or by Alloy, which replaces it.

use super::source::{Label, Logs};
use super::{WRITTEN, yaml};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Where Loki listens by default.
const LOKI: &str = "http://127.0.0.1:3100/loki/api/v1/push";
/// How old an entry may be that is sent after a start.
const MAX_AGE: &str = "12h";
const JOB: &str = "systemd-journal";

pub(super) fn promtail(logs: &Logs) -> String {
    let config = json!({
        "server": { "http_listen_address": "127.0.0.1", "http_listen_port": 9080, "grpc_listen_port": 0 },
        "positions": { "filename": "/var/lib/promtail/positions.yaml" },
        "clients": [{ "url": LOKI }],
        "scrape_configs": [{
            "job_name": "journal",
            // The fields of an entry are what `| json` reads.
            "journal": { "json": true, "max_age": MAX_AGE, "labels": { "job": JOB } },
            "relabel_configs": logs.labels.iter().map(relabel).collect::<Vec<_>>(),
        }],
    });
    yaml::document(WRITTEN, config)
}

fn relabel(Label { name, from, regex }: &Label) -> Value {
    json!({ "source_labels": from, "regex": regex, "target_label": name, "replacement": "$1" })
}

pub(super) fn alloy(logs: &Logs) -> String {
    let mut text = format!("// {WRITTEN}\n\nloki.relabel \"journal\" {{\n\tforward_to = []\n");
    for Label { name, from, regex } in &logs.labels {
        // A string of Alloy is one of Go, and these are the same in JSON.
        let (from, regex) = (json!(from), json!(regex));
        let _ = write!(
            text,
            "\n\trule {{\n\t\tsource_labels = {from}\n\t\tregex         = {regex}\n\t\ttarget_label  = \
             \"{name}\"\n\t\treplacement   = \"$1\"\n\t}}\n"
        );
    }
    let _ = write!(
        text,
        "}}\n\nloki.source.journal \"journal\" {{\n\tformat_as_json = true\n\tmax_age        = \"{MAX_AGE}\"\n\tlabels         \
         = {{ job = \"{JOB}\" }}\n\trelabel_rules  = loki.relabel.journal.rules\n\tforward_to     = \
         [loki.write.local.receiver]\n}}\n\nloki.write \"local\" {{\n\tendpoint {{\n\t\turl = \"{LOKI}\"\n\t}}\n}}\n"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_give_the_same_labels() {
        let label = Label {
            name: "unit".to_owned(),
            from: vec!["a".to_owned(), "b".to_owned()],
            regex: r"x\.(.+)".to_owned(),
        };
        let logs = Logs { labels: vec![label] };
        let promtail = promtail(&logs);
        let expected = "      - regex: 'x\\.(.+)'\n        replacement: '$1'\n        source_labels:\n          - a\n          \
                        - b\n        target_label: unit\n";
        assert!(promtail.contains(expected), "{promtail}");
        let alloy = alloy(&logs);
        let expected = "\t\tsource_labels = [\"a\",\"b\"]\n\t\tregex         = \"x\\\\.(.+)\"\n\t\ttarget_label  = \"unit\"\n";
        assert!(alloy.contains(expected), "{alloy}");
    }
}
