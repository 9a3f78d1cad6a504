//! Engines that do not answer are named, with host and port and without secrets, in the log and to whoever asks.

use crate::running::{Process, agent, wait_for, watchkeeper};
use std::fs::{self, File};
use std::process;

/// Nothing listens there.
const ENGINES: &str = r#"
[backends]
bus = "kafka://127.0.0.1:1"
store = "postgres://ops:s3cret@127.0.0.1:2/watchkeeper"
cache = "redis://ops:s3cret@127.0.0.1:3"
rollups = "mongodb://ops:s3cret@127.0.0.1:4/watchkeeper"
[backends.kafka]
timeout = "1s"
[backends.mongodb]
timeout = "1s"
"#;

const PLACES: [&str; 4] =
    ["Kafka at 127.0.0.1:1", "PostgreSQL at 127.0.0.1:2", "Redis at 127.0.0.1:3", "MongoDB at 127.0.0.1:4"];
/// Those that roles ask at the start. Nobody asks for rollups before there are samples.
const ASKED: [&str; 3] = ["Kafka at 127.0.0.1:1", "PostgreSQL at 127.0.0.1:2", "Redis at 127.0.0.1:3"];

#[test]
fn every_engine_that_is_away_is_named_with_its_address_and_logged_once() {
    let directory = tempfile::tempdir().unwrap();
    let (file, log) = (directory.path().join("watchkeeper.toml"), directory.path().join("log"));
    fs::write(&file, ENGINES).unwrap();
    let [.., high, low] = process::id().to_be_bytes();
    let at = |port: u16| format!("127.{high}.{low}.78:{port}");
    let mut up = watchkeeper(["up", "--http", &at(8460), "--grpc", &at(8461), "--config"]);
    up.arg(&file).arg("--data-dir").arg(directory.path().join("data"));
    let running = Process::start(up.stderr(File::create(&log).unwrap()));
    let logged = || fs::read_to_string(&log).unwrap();

    let readiness = wait_for("every engine to be named", || {
        let mut answer = agent().get(format!("http://{}/readyz", at(8460))).call().ok()?;
        let readiness = answer.body_mut().read_to_string().ok()?;
        let logged = logged();
        let is_logged = |place: &&str| logged.contains(&format!("{place} is unavailable"));
        let is_named = |place: &&str| readiness.contains(*place);
        (PLACES.iter().all(is_named) && ASKED.iter().all(is_logged)).then_some(readiness)
    });
    running.kill();
    let logged = logged();
    for place in ASKED {
        assert_eq!(logged.matches(&format!("{place} is unavailable")).count(), 1, "{logged}");
    }
    assert!(!format!("{logged}{readiness}").contains("s3cret"), "{logged}\n{readiness}");
}
