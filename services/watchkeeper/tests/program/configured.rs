//! What a process needs of its configuration to start, and how it says what is wrong with it.

use crate::running::{PATIENCE, Process, agent, wait_for, watchkeeper};
use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{self, Output};

/// Nothing listens there.
const ENGINES: &str = r#"
[backends]
bus = "kafka://127.0.0.1:1"
store = "postgres://127.0.0.1:2/watchkeeper"
cache = "redis://127.0.0.1:3"
rollups = "mongodb://127.0.0.1:4/watchkeeper"
"#;

const RECEIVER: &str = r#"
[[notifier.receiver]]
name = "chat"
slack = { url_file = "slack-url" }
"#;

/// `EX_CONFIG` of `sysexits.h`.
const EX_CONFIG: i32 = 78;

/// Runs a command that ends by itself, with this configuration.
fn run(args: &[&str], dir: &Path, text: &str) -> (Option<i32>, String) {
    let file = dir.join("watchkeeper.toml");
    fs::write(&file, text).unwrap();
    let mut command = watchkeeper(args);
    command.arg("--config").arg(file).arg("--data-dir").arg(dir.join("data"));
    let Output { status, stderr, .. } = command.env_remove("CREDENTIALS_DIRECTORY").output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_configuration_that_is_refused_at_start_is_an_exit_code_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let open = "[http]\nlisten = \"0.0.0.0:0\"\n";
    let (up, run_cache) = (&["up"][..], &["run", "cache"][..]);
    for (args, text, expected) in [
        (up, "[log]\nlevle = \"info\"\n".to_owned(), "unknown key"),
        (up, open.to_owned(), "requires at least one [[token]]"),
        (&["up", "--http", "0.0.0.0:0"], String::new(), "no token is configured"),
        (up, RECEIVER.to_owned(), "no file slack-url: looked in "),
        (up, "[backends]\nbus = \"https://hub.example.org\"\n".to_owned(), "cannot run here"),
        (run_cache, String::new(), "cannot run in its own process"),
        (run_cache, ENGINES.replace("postgres://", "postgres://[/"), "[backends]"),
        (
            &["run", "cache-9"],
            format!("{ENGINES}[listen]\ncache = \"65000\"\n"),
            "a port that does not exist",
        ),
    ] {
        let (code, said) = run(args, dir.path(), &text);
        assert_eq!(code, Some(EX_CONFIG), "{args:?}: {said}");
        assert!(said.contains(expected), "{args:?}: {said}");
    }
    let absent = watchkeeper(["up", "--config"]).arg(dir.path().join("absent.toml")).output().unwrap();
    assert_eq!(absent.status.code(), Some(EX_CONFIG), "{absent:?}");
    assert!(!dir.path().join("data").exists(), "nothing is made");
}

#[test]
fn an_address_that_is_in_use_and_data_that_cannot_be_opened_may_be_right_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, said) = run(&["up", "--http", &address, "--grpc", "127.0.0.1:0"], dir.path(), "");
    assert!(code == Some(1) && said.contains("another process listens on"), "{said}");
    let (code, said) =
        run(&["run", "cache"], dir.path(), &format!("{ENGINES}[listen]\ncache = \"{address}\"\n"));
    assert!(code == Some(1) && said.contains("another process listens on"), "{said}");
    fs::write(dir.path().join("data"), "no directory").unwrap();
    let (code, said) = run(&["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"], dir.path(), "");
    assert!(code == Some(1) && said.contains("cannot use the data in"), "{said}");
}

#[test]
fn a_role_starts_without_the_secrets_of_the_others_and_finds_its_own_among_the_credentials() {
    let dir = tempfile::tempdir().unwrap();
    let [.., high, low] = process::id().to_be_bytes();
    let at = format!("127.{high}.{low}.85");
    let text = format!("{ENGINES}{RECEIVER}[listen]\npersister = \"{at}:8465\"\nnotifier = \"{at}:8468\"\n");
    let file = dir.path().join("watchkeeper.toml");
    fs::write(&file, text).unwrap();
    let credentials = dir.path().join("credentials.unit");
    fs::create_dir(&credentials).unwrap();
    let start = |role: &str, log: &str| {
        let mut command = watchkeeper(["run", role, "--config"]);
        command.arg(&file).arg("--data-dir").arg(dir.path().join(role));
        command.env("CREDENTIALS_DIRECTORY", &credentials);
        command.stderr(File::create(dir.path().join(log)).unwrap());
        Process::start(&mut command)
    };
    let lives = |port: u16| {
        wait_for("the role", || agent().get(format!("http://{at}:{port}/livez")).call().ok().map(drop));
    };
    let persister = start("persister", "persister.log");
    lives(8465);
    assert!(persister.stop_within(PATIENCE).success());

    let refused = start("notifier", "refused.log").wait();
    let said = fs::read_to_string(dir.path().join("refused.log")).unwrap();
    let looked = "there is no slack-url, role_slack-url or all_slack-url in /";
    assert!(refused.code() == Some(EX_CONFIG) && said.contains(looked), "{said}");

    let secret = credentials.join("role_slack-url");
    fs::write(&secret, "https://hooks.slack.com/services/T0/B0/x").unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o400)).unwrap();
    let notifier = start("notifier", "notifier.log");
    lives(8468);
    assert!(notifier.stop_within(PATIENCE).success());
}
