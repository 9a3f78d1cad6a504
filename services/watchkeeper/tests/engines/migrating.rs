//! From one machine to engines: `up` on the embedded back end, then `migrate`, killed in the middle, then the roles.

use crate::patience::{so, wait_for};
use crate::poison::poison;
use crate::role;
use crate::running::{Process, Up, watchkeeper};
use crate::stack::Engine;
use crate::world::World;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio_postgres::NoTls;
use watchkeeper_domain::Timestamp;

const DAYS: u64 = 25;
const SAMPLES_OF_A_DAY: u64 = 4_000;
const SERIES: u64 = 40;

/// The rule of a [`Host`](crate::host::Host), and how it is told.
const CONFIG: &str = r#"
[notifier]
group_by = ["rule", "of"]
group_wait = "0s"
group_interval = "1s"
[[rule]]
name = "too_hot"
match = ['source="heat"']
threshold = { above = 90 }
"#;

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn a_move_that_is_killed_and_started_again_carries_everything_once() {
    let world = World::with_engines();
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());

    let cut_off = Process::start(moving(dir.path(), &world).stdout(Stdio::null()));
    wait_for("the first samples in PostgreSQL", || has_samples(world.stack.url(Engine::Postgres)));
    cut_off.kill();
    assert!((world.kept.stored("moved").len() as u64) < DAYS * SAMPLES_OF_A_DAY, "it was at its end");
    let (first, second) = (moved(dir.path(), &world), moved(dir.path(), &world));
    assert!(first.contains("COPIED NOW") && first.contains("Everything is there."), "{first}");
    let copied = |line: &&str| line.split_whitespace().nth_back(3) != Some("0");
    let rows: Vec<_> = second.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    assert!(rows.len() >= 10, "{second}");
    assert!(!rows.iter().any(copied), "{second}");

    let mut host = world.host("host");
    host.start(&role::all());
    host.wait_until_ready();
    wait_for("each sample in PostgreSQL", || {
        let stored = world.kept.stored("moved");
        let expected: BTreeMap<_, _> = (0..DAYS * SAMPLES_OF_A_DAY).map(|value| (value, 1)).collect();
        so(stored == expected, stored.len())
    });
    wait_for("the letter that waited, and that of the record that was not read", || {
        let answer = host.role("api").get("/v1/dead-letters")?;
        so(answer.1.matches("demo/poison").count() == 2, answer)
    });
    let cold = heat(20, Timestamp::now());
    assert_eq!(host.post(&cold), Some(202));
    wait_for("that it is no longer hot to be told", || {
        let notifications = world.kept.notifications();
        so(
            notifications.len() == 2 && notifications.iter().all(|told| told.state == "delivered"),
            notifications,
        )
    });
    let mails = world.kept.mails();
    assert_eq!(mails.len(), 1, "that it is hot was told before the migration: {mails:?}");
}

/// Has `up` take in and store samples of some days, tell of one that is too hot, and reject a record; one record
/// more is left unread.
fn fill(dir: &Path) {
    let config = dir.join("up.toml");
    fs::write(&config, CONFIG).unwrap();
    poison(dir);
    let up = Up::start_with(dir, |command| _ = command.arg("--config").arg(&config));
    for day in 0..DAYS {
        assert_eq!(up.post_samples(&day_of_samples(day)), Some(202));
    }
    assert_eq!(up.post_samples(&heat(95, Timestamp::now())), Some(202));
    up.wait_for("/v1/notifications", |answer| answer.contains("\"delivered\""));
    up.wait_for("/v1/dead-letters", |answer| answer.contains("demo/poison"));
    assert!(up.stop().success());
    poison(dir);
}

/// Each value is there once.
fn day_of_samples(day: u64) -> String {
    let noon = Timestamp::now().minus(Duration::from_secs((DAYS - day) * 24 * 60 * 60));
    let samples = (0..SAMPLES_OF_A_DAY).map(|number| {
        let (value, at) = (day * SAMPLES_OF_A_DAY + number, noon.plus(Duration::from_secs(number)));
        let series = number % SERIES;
        format!(
            r#"{{"source":"moved","name":"n","labels":{{"of":"{series}"}},"value":{value},"collected_at":"{at}"}}"#
        )
    });
    format!("[{}]", samples.collect::<Vec<_>>().join(","))
}

/// Whether there are samples; an error as long as there is no table for them.
#[tokio::main(flavor = "current_thread")]
async fn has_samples(postgres: &str) -> Result<(), String> {
    let connected = tokio_postgres::connect(postgres, NoTls).await;
    let (client, connection) = connected.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let row = client.query_one("SELECT EXISTS (SELECT FROM watchkeeper.samples)", &[]).await;
    so(row.map_err(|error| error.to_string())?.get(0), "no sample")
}

fn heat(value: u64, at: Timestamp) -> String {
    format!(
        r#"{{"source":"heat","name":"celsius","labels":{{"of":"moved"}},"value":{value},"collected_at":"{at}"}}"#
    )
}

fn moving(dir: &Path, world: &World) -> Command {
    let mut command = watchkeeper(["migrate", "--from"]);
    command.arg(format!("embedded:{}", dir.display()));
    for engine in [Engine::Kafka, Engine::Postgres, Engine::Mongodb] {
        command.args(["--to", world.stack.url(engine)]);
    }
    command
}

/// What a migration that comes to its end says.
fn moved(dir: &Path, world: &World) -> String {
    let output = moving(dir, world).output().unwrap();
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{error}");
    said.into_owned()
}
