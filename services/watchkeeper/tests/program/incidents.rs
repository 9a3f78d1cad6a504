//! Incidents are announced on a status page from the command line.

use crate::running::{Up, agent, wait_for};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Output;

const CONFIG: &str = r#"
[[status_page]]
name = "customers"
title = "Example status"
match = []
public = true
"#;

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn start(directory: &Path, config: &str) -> Up {
    let file = directory.join("watchkeeper.toml");
    fs::write(&file, config).unwrap();
    Up::start_with(&directory.join("data"), |command| {
        command.arg("--config").arg(&file);
    })
}

/// The page as it is made anew: what was made before is shown for some seconds.
fn wait_for_page(up: &Up, part: &str) -> String {
    wait_for(part, || {
        let page = agent().get(format!("{}/status/customers", up.url)).call().unwrap();
        let page = page.into_body().read_to_string().unwrap();
        page.contains(part).then_some(page)
    })
}

#[test]
fn an_incident_is_opened_updated_resolved_and_listed_and_the_page_shows_it() {
    let dir = tempfile::tempdir().unwrap();
    let up = start(dir.path(), CONFIG);
    let run = |args: &[&str]| text(up.run(args));
    assert_eq!(run(&["incidents", "list"]), "No incidents.\n");
    let labels = json!({"target": "shop", "group": "web"});
    let sample = json!([{"source": "uptime", "name": "availability_percent", "unit": "percent", "value": 0,
                         "labels": labels, "note": "answered 500 from 10.1.2.3"}]);
    assert_eq!(up.post_samples(&sample.to_string()), Some(202));
    up.wait_for("/v1/latest?source=uptime", |latest| latest.contains("availability_percent"));

    let opened = run(&[
        "incidents",
        "open",
        "The shop is down",
        "--text",
        "We are looking into it.",
        "--page",
        "customers",
        "--affects",
        "shop",
    ]);
    let id = opened.split_whitespace().nth(1).unwrap();
    assert!(opened.starts_with(&format!("Incident {id} is on status page customers. ")), "{opened}");
    assert!(opened.ends_with(&format!("watchkeeper incidents resolve {id}\n")), "{opened}");
    let page = wait_for_page(&up, "The shop is down</h3>");
    assert!(page.contains("The service is down") && !page.contains("10.1.2.3"), "{page}");

    let updated = run(&[
        "incidents",
        "update",
        id,
        "--status",
        "identified",
        "--text",
        "A disk is full.",
        "--by",
        "ann",
    ]);
    assert_eq!(updated, format!("Incident {id} is identified, with 2 updates.\n"));
    let listed = run(&["incidents", "list"]);
    assert!(listed.contains(id) && listed.contains("identified"), "{listed}");
    assert_eq!(run(&["incidents", "resolve", id]), format!("Incident {id} is resolved, with 3 updates.\n"));
    assert_eq!(run(&["incidents", "list"]), "No incidents.\n");
    let ended = run(&["incidents", "list", "--ended", "--json"]);
    assert!(ended.contains(r#""by":"ann""#) && ended.contains(r#""text":"This is resolved.""#), "{ended}");
    wait_for_page(&up, "This is resolved.");

    let planned = run(&["incidents", "open", "New disks", "--text", "The shop is closed.", "--for", "2h"]);
    assert!(
        planned.starts_with("Maintenance ") && planned.contains(" is on all status pages. "),
        "{planned}"
    );
}

#[test]
fn what_cannot_be_announced_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let up = start(dir.path(), CONFIG);
    let error = |args: &[&str]| {
        let output = up.run(args);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let nowhere = error(&["incidents", "open", "Slow", "--text", "x", "--page", "nobody"]);
    assert!(nowhere.contains("pages[0]: must be one of customers, is \"nobody\""), "{nowhere}");
    let unknown = error(&["incidents", "update", "a b/c", "--text", "x"]);
    assert!(unknown.contains("there is no incident a b/c (404"), "{unknown}");
    let status = error(&["incidents", "open", "Slow", "--text", "x", "--status", "fixed"]);
    assert!(status.contains("status: must be investigating, identified"), "{status}");

    let none = tempfile::tempdir().unwrap();
    let up = start(none.path(), "");
    let output = up.run(&["incidents", "open", "Slow", "--text", "x"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("there is no status page: configure a [[status_page]] first"), "{stderr}");
}
