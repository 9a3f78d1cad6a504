//! What fires is listed, explained and silenced from the command line.

use crate::running::{Up, wait_for};
use std::fs;
use std::process::Output;

const CONFIG: &str = r#"
[notifier]
group_wait = "0s"

[[rule]]
name = "too_hot"
severity = "critical"
match = ['source="demo"', 'name="temperature"']
threshold = { above = 90, clear_at = 80 }
"#;

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_fires_is_listed_explained_told_and_silenced() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("watchkeeper.toml");
    fs::write(&config, CONFIG).unwrap();
    let up = Up::start_with(&dir.path().join("data"), |command| {
        command.arg("--config").arg(&config);
    });
    let run = |args: &[&str]| text(up.run(args));
    assert!(run(&["rules", "list"]).contains("above 90"));
    assert_eq!(run(&["alerts"]), "No alerts match.\n");
    let explained = run(&["rules", "explain", "too_hot"]);
    assert_eq!(explained, "The rule too_hot matches no series.\n");

    let oven = r#"[{"source":"demo","name":"temperature","value":95,"unit":"°C","labels":{"of":"oven"}}]"#;
    assert_eq!(up.post_samples(oven), Some(202));
    wait_for("the alert", || run(&["alerts", "--state", "firing"]).contains("too_hot").then_some(()));
    let alert = run(&["alerts", "--rule", "too_hot", "--label", "of=oven", "--json"]);
    assert!(alert.contains(r#""severity":"critical","state":"firing""#), "{alert}");
    let explained = run(&["rules", "explain", "too_hot"]);
    assert!(explained.starts_with("demo/temperature of=oven: fires\n"), "{explained}");
    assert!(explained.contains("is 95 °C, above 90"), "{explained}");
    wait_for("the notification", || run(&["notifications"]).contains("too_hot").then_some(()));

    let made = run(&["silences", "add", "rule=\"too_hot\"", "of=oven", "--for", "2h"]);
    let id = made.split_whitespace().nth(1).unwrap();
    assert!(made.ends_with(&format!("End it with: watchkeeper silences expire {id}\n")), "{made}");
    let listed = run(&["silences", "list"]);
    assert!(listed.contains(id) && listed.contains("active"), "{listed}");
    assert!(run(&["alerts", "--json"]).contains(&format!(r#""silenced_by":["{id}"]"#)));
    assert!(run(&["rules", "explain", "too_hot"]).contains("  muted until "));
    assert_eq!(run(&["silences", "expire", id]), format!("Silence {id} has ended.\n"));
    assert_eq!(run(&["silences", "list"]), "No silences.\n");
    assert!(run(&["silences", "list", "--ended"]).contains(id));
}

#[test]
fn what_cannot_be_silenced_or_explained_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    let error = |args: &[&str]| {
        let output = up.run(args);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let everything = error(&["silences", "add", "host=~.*", "--for", "1h"]);
    let why = "matchers: must have one that does not match an empty value";
    assert!(everything.contains(why), "{everything}");
    assert!(error(&["silences", "expire", "a b/c"]).contains("there is no silence a b/c (404"));
    assert!(error(&["rules", "explain", "no such"]).contains("there is no rule no such (404"));
}
