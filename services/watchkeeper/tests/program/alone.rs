//! What `check-config --role ROLE` says of a configuration is what `run ROLE` does with it.

use crate::roles::{Role, listen_at, roles};
use crate::running::{Process, agent, wait_for, watchkeeper};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{self, Output};

/// Nothing listens there: engines may be away.
const ENGINES: &str = "[backends]\nbus = \"kafka://127.0.0.1:1\"\nstore = \"postgres://127.0.0.1:1/watchkeeper\"\n\
                       cache = \"redis://127.0.0.1:1\"\nrollups = \"mongodb://127.0.0.1:1\"\n";

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn config(&self, text: &str) -> PathBuf {
        let file = self.dir.path().join("watchkeeper.toml");
        fs::write(&file, text).unwrap();
        file
    }
}

/// What is checked: for one role, or for all of them.
fn check(file: &Path, role: Option<&str>) -> Output {
    let mut check = watchkeeper(["check-config"]);
    check.arg(file).args(role.iter().flat_map(|role| ["--role", role]));
    check.output().unwrap()
}

fn run(file: &Path, role: &str) -> process::Command {
    let mut run = watchkeeper(["run", role, "--config"]);
    run.arg(file).arg("--data-dir").arg(file.with_file_name(role));
    run
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_role_starts_with_what_was_checked_for_it_though_no_engine_is_there() {
    let place = Place::new();
    let [.., high, low] = process::id().to_be_bytes();
    let address = format!("127.{high}.{low}.77");
    let file = place.config(&format!("{}{ENGINES}", listen_at(&address)));
    let checked = check(&file, None);
    assert!(checked.status.success() && checked.stderr.is_empty(), "{}", said(&checked));
    for Role { name: role, http_port: port, .. } in roles() {
        let checked = check(&file, Some(role));
        assert!(checked.status.success() && checked.stderr.is_empty(), "{role}: {}", said(&checked));
        let log = place.dir.path().join(format!("{role}.log"));
        let running = Process::start(run(&file, role).stderr(File::create(&log).unwrap()));
        let url = format!("http://{address}:{port}/livez");
        wait_for(&format!("the {role} to live: {}", log.display()), || {
            agent().get(&url).call().ok().filter(|answer| answer.status() == 200)
        });
        running.kill();
    }
}

#[test]
fn roles_are_listed_with_their_ports_and_groups() {
    let listed = watchkeeper(["roles"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let rows: Vec<Vec<_>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 1 + roles().len(), "{listed}");
    for row in [
        &["cache", "8463", "8464", "cache"][..],
        &["persister", "8465", "persister"],
        &["notifier", "8468", "notifier", "Sends"],
        &["console", "8469"],
    ] {
        assert!(rows.iter().any(|found| found.starts_with(row)), "{row:?}: {listed}");
    }
    let listed = watchkeeper(["roles", "--json"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for topic in ["metrics", "metrics.dead"] {
        let consumed = format!(r#"{{"topic":"{topic}","group":"notifier"}}"#);
        assert!(listed.contains(&consumed), "{consumed}: {listed}");
    }
}

#[test]
fn the_nixos_module_has_the_same_table_of_roles() {
    let listed = watchkeeper(["roles", "--json"]).output().unwrap();
    let kept = include_str!("../../../../nixos/roles.ndjson");
    assert_eq!(
        String::from_utf8(listed.stdout).unwrap(),
        kept,
        "run: watchkeeper roles --json > nixos/roles.ndjson"
    );
}

#[test]
fn the_readme_starts_every_role() {
    let readme = include_str!("../../../../README.md");
    let started =
        readme.lines().find_map(|line| line.trim().strip_prefix("for role in ")?.strip_suffix("; do"));
    assert!(started.unwrap().split(' ').eq(roles().iter().map(|role| role.name.as_str())));
}

#[test]
fn what_run_refuses_is_refused_for_that_role_in_the_same_words() {
    let place = Place::new();
    let token = "[[token]]\nname = \"a\"\nscopes = [\"read\"]\nsha256 = \"\
                 0000000000000000000000000000000000000000000000000000000000000000\"\n";
    for (role, text, reason) in [
        ("persister", String::new(), "bus, store, cache, rollups of [backends] belong to one process"),
        ("persister", ENGINES.replace("rollups", "# rollups"), "rollups of [backends] belong to one process"),
        ("analytics", format!("[grpc]\nlisten = \"127.0.0.1:0\"\n{ENGINES}"), "[grpc] listen has port 0"),
        ("analytics", format!("{token}{ENGINES}"), "set [analytics] token_file to its file"),
        ("cache", format!("[listen]\ncache_grpc = \"127.0.0.1:8463\"\n{ENGINES}"), "must not be the same"),
        ("ingest", format!("{ENGINES}[backends.kafka.settings]\nno.such = \"1\"\n"), "no setting no.such"),
        ("ingest", format!("{ENGINES}[backends.kafka.settings]\nacks = \"1\"\n"), "is reserved"),
        (
            "ingest",
            format!("{ENGINES}[backends.postgres]\nca_file = \"ca.pem\"\n"),
            "is only used with sslmode=verify-full",
        ),
        ("ingest", ENGINES.replace("postgres://127.0.0.1:1/", "postgres://127.0.0.1:x/"), "store"),
        ("ingest", ENGINES.replace("redis://127.0.0.1:1", "redis://127.0.0.1:x"), "cache"),
        ("ingest", ENGINES.replace("mongodb://127.0.0.1:1", "mongodb://127.0.0.1:x"), "rollups"),
    ] {
        let text = text.replace("no.such =", "\"no.such\" =");
        // Before back ends are opened, it is listened.
        let text =
            if role == "ingest" { format!("{text}[listen]\ningest = \"127.0.0.1:0\"\n") } else { text };
        let file = place.config(&text);
        let (checked, ran) = (check(&file, Some(role)), run(&file, role).output().unwrap());
        for output in [checked, ran] {
            let said = said(&output);
            assert!(!output.status.success() && said.contains(reason), "{role}: {reason}: {said}\n{text}");
        }
    }
}

#[test]
fn a_configuration_for_engines_that_a_role_could_not_run_with_is_fine_and_that_is_told() {
    let place = Place::new();
    let checked = check(&place.config(&ENGINES.replace("rollups", "# rollups")), None);
    let said = said(&checked);
    assert!(checked.status.success() && said.contains("`watchkeeper run` would refuse it"), "{said}");
    assert!(said.contains("rollups of [backends]"), "{said}");
    let checked = check(&place.config(""), None);
    assert!(checked.status.success() && checked.stderr.is_empty(), "it is for `up`");
}

#[test]
fn files_that_are_not_on_this_machine_are_told_and_no_error() {
    let place = Place::new();
    for (text, file_name) in [
        (ENGINES.replace("bus = \"kafka://127.0.0.1:1\"", "bus_file = \"/no/such/bus\""), "/no/such/bus"),
        (
            format!("{ENGINES}[backends.postgres]\nca_file = \"/no/such/ca\"\n")
                .replace("/watchkeeper\"", "/watchkeeper?sslmode=verify-full\""),
            "/no/such/ca",
        ),
        (
            format!("{ENGINES}mail = \"smtp://127.0.0.1:1\"\n[backends.smtp]\nca_file = \"/no/such/mail\"\n"),
            "/no/such/mail",
        ),
    ] {
        let file = place.config(&format!("{text}[listen]\nnotifier = \"127.0.0.1:0\"\n"));
        for role in [None, Some("notifier")] {
            let checked = check(&file, role);
            let told = said(&checked);
            assert!(checked.status.success(), "{told}");
            assert!(
                told.contains("Watchkeeper would not start with this file on this machine")
                    && told.contains(file_name),
                "{told}"
            );
        }
        let ran = run(&file, "notifier").output().unwrap();
        assert!(!ran.status.success() && said(&ran).contains(file_name), "{}", said(&ran));
    }
}
