//! A stop while engines do not answer.

use crate::roles::{Role, listen_at, roles};
use crate::running::{Process, agent, wait_for, watchkeeper};
use std::fs::{self, File};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process;
use std::time::Duration;

/// How long a stop may take on a machine that is busy with other tests. What a role waits for when it stops takes a minute
/// or more where an engine hangs, if the process waits for it; the process does not for longer than `STOP_TIMEOUT`.
const LIMIT: Duration = Duration::from_secs(30);

/// Engines at these addresses, in the order of `[backends]`.
fn engines([bus, store, cache, rollups]: [&str; 4]) -> String {
    format!(
        "[backends]\nbus = \"kafka://{bus}\"\nstore = \"postgres://{store}/watchkeeper\"\ncache = \"redis://{cache}\"\n\
         rollups = \"mongodb://{rollups}/watchkeeper\"\nmail = \"smtp+plain://{store}\"\n\
         [[notifier.receiver]]\nname = \"ops\"\nmail = [\"ops@example.org\"]\n"
    )
}

/// Runs every role, stops each, and gives what they logged.
fn stop_each(dir: &Path, host: u8, engines: &str) -> String {
    let [.., high, low] = process::id().to_be_bytes();
    let at = format!("127.{high}.{low}.{host}");
    let file = dir.join("watchkeeper.toml");
    fs::write(&file, format!("{}{engines}", listen_at(&at))).unwrap();
    let log = File::create(dir.join("log")).unwrap();
    let start = |role: &'static Role| {
        let mut command = watchkeeper(["run", &role.name, "--config"]);
        command.arg(&file).arg("--data-dir").arg(dir.join(&role.name));
        (role, Process::start(command.stderr(log.try_clone().unwrap())))
    };
    let running: Vec<_> = roles().iter().map(start).collect();
    let url = |role: &Role, path: &str| format!("http://{at}:{}{path}", role.http_port);
    for (role, _) in &running {
        wait_for("the role", || agent().get(url(role, "/livez")).call().ok().map(drop));
    }
    // Requests that wait for an engine too. They have begun when a later one has been answered.
    let sample = r#"[{"source":"demo","name":"answer","value":42}]"#;
    let posted = format!(
        "POST /v1/samples HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {}",
        sample.len()
    );
    let _open = [("ingest", posted, sample), ("api", "GET /v1/series HTTP/1.1".to_owned(), "")].map(
        |(name, head, body)| {
            let role = roles().iter().find(|role| role.name == name).unwrap();
            let mut connection = TcpStream::connect(format!("{at}:{}", role.http_port)).unwrap();
            write!(connection, "{head}\r\nhost: {at}\r\n\r\n{body}").unwrap();
            agent().get(url(role, "/livez")).call().unwrap();
            connection
        },
    );
    for (role, process) in running {
        let status = process.stop_within(LIMIT);
        let log = fs::read_to_string(dir.join("log")).unwrap();
        assert!(status.success(), "{}: {status}\n{log}", role.name);
    }
    fs::read_to_string(dir.join("log")).unwrap()
}

#[test]
fn every_role_stops_as_asked_while_engines_refuse_connections() {
    let dir = tempfile::tempdir().unwrap();
    let log =
        stop_each(dir.path(), 87, &engines(["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4"]));
    assert!(!log.contains("stopped before all work was finished"), "{log}");
}

#[test]
fn every_role_stops_as_asked_while_engines_take_connections_and_never_answer() {
    let dir = tempfile::tempdir().unwrap();
    let hung = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let at = hung.each_ref().map(|engine| engine.local_addr().unwrap().to_string());
    stop_each(dir.path(), 88, &engines(at.each_ref().map(String::as_str)));
}
