//! What services said is found and followed from the command line.

use crate::running::{PATIENCE, Process, Up, agent, wait_for};
use std::io::{BufRead as _, BufReader};
use std::process::{Output, Stdio};
use std::sync::mpsc;
use std::thread;

/// Sends events: any JSON objects.
fn post(up: &Up, events: &str) {
    let request = agent().post(format!("{}/v1/events", up.url)).content_type("application/json");
    assert_eq!(request.send(events).unwrap().status(), 202);
}

fn logs(up: &Up, words: &[&str]) -> Output {
    let output = up.client(&[&["logs"], words].concat()).env("TZ", "UTC").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_was_said_is_found_with_the_words_of_a_query_and_with_what_was_said_around_it() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    post(
        &up,
        r#"[
            {"ts":"2026-11-29T10:00:00Z","lvl":"info","msg":"begins","app":"shop","host":"web-1"},
            {"ts":"2026-11-29T10:00:01Z","lvl":"WARNING","msg":"timed out\nafter 3 s","app":"shop","host":"web-1","status":504},
            {"ts":"2026-11-29T10:00:02Z","lvl":"warn","msg":"timed out","app":"shop","host":"web-1","path":"/health"},
            {"ts":"2026-11-29T10:00:03Z","lvl":"error","msg":"timed out","app":"mill"}
        ]"#,
    );
    let found = |words: &[&str]| text(logs(&up, &in_range(words)).stdout);
    let all = wait_for("the events", || Some(found(&[])).filter(|all| all.lines().count() == 5));
    let first = "2026-11-29 10:00:00.000 INFO  shop@web-1 begins\n";
    let second = "2026-11-29 10:00:01.000 WARN  shop@web-1 timed out status=504\n    after 3 s\n";
    let third = "2026-11-29 10:00:02.000 WARN  shop@web-1 timed out path=/health\n";
    let fourth = "2026-11-29 10:00:03.000 ERROR mill timed out\n";
    assert_eq!(all, [first, second, third, fourth].concat());

    assert_eq!(found(&["service=shop", "timed out", "-path=/health"]), second);
    assert_eq!(found(&["level>=error OR begins"]), [first, fourth].concat());
    assert_eq!(found(&["-n", "1"]), fourth);
    let around = found(&["status>=500", "--context", "1"]);
    assert_eq!(around, format!("  {first}> {}  {third}", second.replace("\n    ", "\n>     ")));
    let json = found(&["service=mill", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["level"], &json["message"]), (&"error".into(), &"timed out".into()));

    let refused = up.run(&["logs", "level>=wran"]);
    let said = text(refused.stderr);
    assert!(!refused.status.success() && said.contains("`wran` is no level; did you mean warn?"), "{said}");
    let nothing = logs(&up, &in_range(&["nobody"]));
    assert_eq!(
        (text(nothing.stdout), text(nothing.stderr)),
        (String::new(), "watchkeeper: no events match\n".into())
    );
}

#[test]
fn what_is_said_is_followed_as_it_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    let mut command = up.client(&["logs", "--follow", "service=shop", "--json"]);
    let mut follower = Process::start(command.stdout(Stdio::piped()));
    let lines = BufReader::new(follower.stdout()).lines().map_while(Result::ok);
    let (found, arrived) = mpsc::sync_channel(16);
    // In a thread, so that an event that does not come fails the test instead of blocking it.
    thread::spawn(move || lines.take(2).try_for_each(|line| found.send(line)));
    up.wait_for("/metrics", |metrics| metrics.contains("watchkeeper_api_streams 1"));
    for message in ["one", "two"] {
        post(&up, &format!(r#"[{{"app":"mill","msg":"{message}"}},{{"app":"shop","msg":"{message}"}}]"#));
        let line = arrived.recv_timeout(PATIENCE).expect("it is printed");
        assert!(line.contains(&format!(r#""service":"shop","host":"","message":"{message}""#)), "{line}");
    }
    follower.kill();
}

/// The words, for the time of the test's events.
fn in_range<'w>(words: &[&'w str]) -> Vec<&'w str> {
    [words, &["--from", "2026-11-29T10:00:00Z"]].concat()
}
