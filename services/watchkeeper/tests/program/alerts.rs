//! What fires is listed, explained and silenced from the command line.

use crate::running::{Up, wait_for};
use std::fs;
use std::path::Path;
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

fn start(directory: &Path) -> Up {
    let config = directory.join("watchkeeper.toml");
    fs::write(&config, CONFIG).unwrap();
    Up::start_with(&directory.join("data"), |command| {
        command.arg("--config").arg(&config);
    })
}

#[test]
fn what_fires_is_listed_explained_told_and_silenced() {
    let dir = tempfile::tempdir().unwrap();
    let up = start(dir.path());
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
    assert!(made.contains("; it mutes 1 firing alert. "), "{made}");
    assert!(made.ends_with(&format!("End it with: watchkeeper silences expire {id}\n")), "{made}");
    let mut again = up.client(&["silences", "add", "rule=\"too_hot\"", "of=oven", "--for", "1h", "--json"]);
    let twin = text(again.env_remove("USER").output().unwrap());
    let by = if twin.contains(r#""created_by":"root""#) { "root" } else { "uid " };
    assert!(twin.contains(&format!(r#""created_by":"{by}"#)), "{twin}");
    let third = up.run(&["silences", "add", "rule=\"too_hot\"", "of=oven", "--for", "3h"]);
    let notice = String::from_utf8(third.stderr).unwrap();
    assert!(notice.contains(&format!("silence {id} has the same matchers, until 20")), "{notice}");
    let others = run(&["silences", "list", "--json"]);
    for other in others.split(r#"{"id":""#).skip(1).map(|rest| &rest[..16]).filter(|other| *other != id) {
        run(&["silences", "expire", other]);
    }
    let listed = run(&["silences", "list"]);
    assert!(listed.contains(id) && listed.contains("active"), "{listed}");
    assert!(run(&["alerts", "--json"]).contains(&format!(r#""silenced_by":["{id}"]"#)));
    assert!(run(&["rules", "explain", "too_hot"]).contains("  muted until "));
    assert_eq!(run(&["silences", "expire", id]), format!("Silence {id} has ended.\n"));
    assert_eq!(run(&["silences", "list"]), "No silences.\n");
    assert!(run(&["silences", "list", "--ended"]).contains(id));
}

#[test]
fn alerts_are_acknowledged_by_their_ids_for_the_user_of_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let up = start(dir.path());
    for of in ["oven", "stove"] {
        let sample =
            format!(r#"[{{"source":"demo","name":"temperature","value":95,"labels":{{"of":"{of}"}}}}]"#);
        assert_eq!(up.post_samples(&sample), Some(202));
    }
    let listed = wait_for("both alerts", || {
        let listed = text(up.run(&["alerts", "--json"]));
        (listed.lines().count() == 2).then_some(listed)
    });
    let ids: Vec<_> = listed.lines().map(|line| line.split('"').nth(3).unwrap()).collect();
    let mut ack = up.client(&["alerts", "ack", ids[0], ids[1]]);
    let told = text(ack.env_remove("USER").output().unwrap());
    assert_eq!(told.matches("is acknowledged until it clears.\n").count(), 2, "{told}");
    let listed = text(up.run(&["alerts", "--json"]));
    let by = if listed.contains(r#""by":"root""#) { r#""by":"root""# } else { r#""by":"uid "# };
    assert_eq!(listed.matches(by).count(), 2, "{listed}");
    let taken_back = text(up.run(&["alerts", "unack", ids[0]]));
    assert!(taken_back.ends_with(" is no longer acknowledged.\n"), "{taken_back}");
    assert_eq!(text(up.run(&["alerts", "--json"])).matches(by).count(), 1);
    assert_eq!(text(up.run(&["alerts", "--state", "pending", "--rule", "too_hot"])), "No alerts match.\n");
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
    assert!(error(&["alerts", "unack", "x"]).contains("there is no firing alert with the id x (404"));
    assert!(error(&["notifications", "retry", "x"]).contains("there is no notification x (404"));
    assert!(error(&["rules", "explain", "no such"]).contains("there is no rule no such (404"));
}
