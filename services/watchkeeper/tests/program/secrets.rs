//! What is secret in an event is nowhere.

use crate::running::{Up, agent, post_json};
use serde_json::json;
use std::fs;
use std::path::Path;

const SECRETS: [&str; 3] = ["abc.defghi", "s3,tkzq", "hunter2zq"];
const DAY_LONG_AGO: &str = "2009-11-29T10:00:00Z";

#[test]
fn report_30_a_secret_is_in_no_answer_no_export_and_no_file_whether_the_event_is_stored_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    let event = |time: Option<&str>| {
        json!({
            "time": time, "msg": "in", "service": "shop", "ctx": [{"authorization": format!("Bearer {}", SECRETS[0])}],
            "url": format!("/x?token={}&u=1", SECRETS[1]), "raw": format!("{{\"password\":\"{}\"}}", SECRETS[2]),
        })
    };
    let body = json!([event(None), event(Some(DAY_LONG_AGO))]).to_string();
    assert_eq!(post_json(&agent(), &format!("{}/v1/events", up.url), &body), Some(207));
    let answer = up.wait_for("/v1/events?query=service=shop", |answer| answer.contains("\"in\""));
    let answers = [
        answer,
        up.get("/v1/events/export?query=service=shop"),
        up.get("/v1/events/export?query=service=shop&format=csv"),
        up.get("/v1/refusals"),
        up.get("/v1/dead-letters?limit=100"),
    ];
    assert!(answers[0].contains("/x?token=***&u=1"), "only the value is replaced: {}", answers[0]);
    assert!(up.stop().success());
    for secret in SECRETS {
        for answer in &answers {
            assert!(!answer.contains(secret), "{secret}: {answer}");
        }
        assert_is_in_no_file(secret.as_bytes(), dir.path());
    }
}

fn assert_is_in_no_file(secret: &[u8], dir: &Path) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_is_in_no_file(secret, &path);
        } else if let Ok(bytes) = fs::read(&path) {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!is_there, "{} is in {}", String::from_utf8_lossy(secret), path.display());
        }
    }
}
