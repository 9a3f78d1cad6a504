//! Saved reports: listed, run, mailed, reloaded.

use crate::running::{Up, agent, wait_for, watchkeeper};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use watchkeeper_adapter_embedded::EmbeddedStore;
use watchkeeper_domain::Timestamp;

const CONFIG: &str = r#"
[[notifier.receiver]]
name = "ops"
mail = ["ops@example.org"]

[[report]]
name = "errors"
title = "Errors by service"
schedule = "daily 08:00"
mail = ["ops"]
sql = """
SELECT service, count(*) AS errors, max(message) AS last
FROM events WHERE severity >= 6 GROUP BY service ORDER BY service
"""

[[report]]
name = "broken"
sql = "SELECT service,\n nonsense FROM events"
"#;

const EVENTS: &str = r#"[
    {"level": "error", "service": "shop", "message": "timed out"},
    {"level": "error", "service": "blog", "message": "=cmd, gone"},
    {"level": "info", "service": "shop", "message": "order 17 paid"}
]"#;

struct Stage {
    config: PathBuf,
    up: Up,
    directory: TempDir,
}

impl Stage {
    fn new() -> Self {
        Self::after(|_| ())
    }

    /// After something was done to the data directory.
    fn after(prepare: impl FnOnce(&Path)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (config, data) = (directory.path().join("watchkeeper.toml"), directory.path().join("data"));
        fs::write(&config, CONFIG).unwrap();
        prepare(&data);
        let up = Up::start_with(&data, |command| {
            command.arg("--config").arg(&config);
        });
        Self { config, up, directory }
    }

    /// With events, which are stored.
    fn with_events(self) -> Self {
        let url = format!("{}/v1/events", self.up.url);
        let sent = agent().post(&url).header("content-type", "application/json").send(EVENTS).unwrap();
        assert_eq!(sent.status(), 202);
        self.up.wait_for("/v1/events", |page| page.contains("timed out") && page.contains("gone"));
        self
    }

    fn printed(&self, args: &[&str]) -> String {
        let output = self.up.run(args);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn a_report_is_a_table_csv_or_json_and_without_a_name_they_are_listed() {
    let stage = Stage::new().with_events();
    let list = stage.printed(&["report"]);
    assert!(list.contains("Errors by service") && list.contains("daily 08:00 UTC"), "{list}");
    let table = stage.printed(&["report", "errors"]);
    let words: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["service", "errors", "last"]);
    assert_eq!(words[2], ["shop", "1", "timed", "out"]);
    let csv = stage.printed(&["report", "errors", "--csv"]);
    assert_eq!(csv, "service,errors,last\r\nblog,1,\"'=cmd, gone\"\r\nshop,1,timed out\r\n");
    assert_eq!(stage.up.get("/v1/reports/errors?format=csv"), csv);
    let json = stage.printed(&["report", "errors", "--json"]);
    let rows: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), &rows[1]["last"]), (2, &"timed out".into()));
}

#[test]
fn a_report_that_fails_or_is_unknown_is_an_error_that_says_why() {
    let stage = Stage::new();
    for (name, expected) in
        [("broken", "line 2, column 2: no such column: nonsense"), ("other", "there is no report \"other\"")]
    {
        let output = stage.up.run(&["report", name]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(expected), "{said}");
    }
}

#[test]
fn a_report_that_is_due_is_mailed_with_a_file_of_all_rows() {
    let two_days = Duration::from_secs(2 * 24 * 60 * 60);
    let stage = Stage::after(|data| {
        // It was sent two days ago.
        let schedule = EmbeddedStore::open(data).unwrap().schedule();
        let marks = [("errors".to_owned(), Timestamp::now().minus(two_days))];
        Runtime::new().unwrap().block_on(schedule.mark("reports", &marks)).unwrap();
    });
    let mails = stage.directory.path().join("data/mail/new");
    let mail = wait_for("the mail", || {
        let file = fs::read_dir(&mails).ok()?.next()?.unwrap().path();
        fs::read_to_string(file).ok()
    });
    assert!(
        mail.contains("To: ops@example.org") && mail.contains("Subject: Report: Errors by service"),
        "{mail}"
    );
    assert!(mail.contains("filename=\"errors.csv\""), "{mail}");
    let told = stage.printed(&["notifications"]);
    assert_eq!(told.matches("Report: Errors by service").count(), 1, "{told}");
    let sent = "watchkeeper_notifier_reports_total{outcome=\"answered\"} 1";
    assert!(stage.up.get("/metrics").contains(sent));
}

#[test]
fn a_reload_takes_reports_and_check_config_refuses_what_is_wrong_with_them() {
    let stage = Stage::new();
    fs::write(&stage.config, CONFIG.replace("\"broken\"", "\"mended\"").replace(" nonsense", " host"))
        .unwrap();
    stage.up.signal("HUP");
    let list =
        wait_for("the reload", || Some(stage.printed(&["report"])).filter(|list| list.contains("mended")));
    assert!(!list.contains("broken"), "{list}");
    assert!(stage.up.run(&["report", "mended"]).status.success());
    for (from, to, expected) in [
        ("mail = [\"ops\"]", "mail = [\"dev\"]", "\"dev\" is no receiver; there are ops"),
        ("daily 08:00", "daily 8", "must be \"daily HH:MM\""),
        ("name = \"broken\"", "name = \"errors\"", "is the name of an earlier report"),
    ] {
        fs::write(&stage.config, CONFIG.replace(from, to)).unwrap();
        let checked = watchkeeper(["check-config"]).arg(&stage.config).output().unwrap();
        let said = String::from_utf8(checked.stderr).unwrap();
        assert!(!checked.status.success() && said.contains(expected), "{said}");
    }
}
