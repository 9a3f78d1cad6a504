//! With a real journald, in a mount namespace of its own. Needs root, and systemd's programs; without them nothing is
//! tested.

use super::Stage;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use watchkeeper_test_kit::soon;

const JOURNALD: &str = "/usr/lib/systemd/systemd-journald";
const PROGRAMS: [&str; 4] = [JOURNALD, "/usr/bin/journalctl", "/usr/bin/unshare", "/usr/bin/nsenter"];
const ENTRIES: usize = 1_000;

/// Runs until it is dropped.
struct Journald(Child);

impl Drop for Journald {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Journald {
    /// `None` where it cannot run.
    fn start() -> Option<Self> {
        if fs::metadata("/proc/self").unwrap().uid() != 0
            || !PROGRAMS.iter().all(|program| Path::new(program).exists())
        {
            return None;
        }
        let script = format!(
            "mount -t tmpfs none /run && mount -t tmpfs none /var/log && mkdir -p /run/systemd && echo ready && exec {JOURNALD}"
        );
        let mut child = Command::new("/usr/bin/unshare")
            .args(["--mount", "sh", "-c", &script])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let journald = Self(child);
        (line == "ready\n").then_some(journald)
    }

    /// Sends an entry, once its socket is there.
    async fn send(&self, entry: &[u8]) {
        let path = format!("/proc/{}/root/run/systemd/journal/socket", self.0.id());
        let socket = UnixDatagram::unbound().unwrap();
        soon(async {
            while socket.send_to(entry, &path).is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    fn journalctl(&self) -> Command {
        let mut command = Command::new("/usr/bin/nsenter");
        command.arg(format!("--mount=/proc/{}/ns/mnt", self.0.id())).arg("/usr/bin/journalctl");
        command
    }

    /// A program that reads the journal of this journald.
    fn tool(&self, directory: &Path) -> PathBuf {
        let path = directory.join("real-journalctl");
        let script = format!(
            "#!/bin/sh\nexec /usr/bin/nsenter --mount=/proc/{}/ns/mnt /usr/bin/journalctl \"$@\"\n",
            self.0.id()
        );
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Whether the journal has an entry with this message.
    fn has(&self, message: &str) -> bool {
        let output = self.journalctl().args(["--quiet", &format!("MESSAGE={message}")]).output().unwrap();
        !output.stdout.is_empty()
    }
}

/// The cursor file is there once the first entry is known.
async fn until_begun(stage: &Stage) {
    soon(async {
        while !stage.path("journal-cursor").exists() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_journald_has_is_readable_and_a_repeated_field_has_both_values() {
    let Some(journald) = Journald::start() else { return };
    let mut stage = Stage::new().await;
    journald.send(b"MESSAGE=before\n").await;
    soon(async {
        while !journald.has("before") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let running = stage.follow_with(&journald.tool(stage.directory.path()));
    until_begun(&stage).await;
    journald.send(b"MESSAGE\n\x06\0\0\0\0\0\0\0caf\xE9!\r\nKEY=a\nKEY=b\n").await;
    journald.send(b"MESSAGE=slow\nPRIORITY=4\nSYSLOG_IDENTIFIER=shop\nORDER_ID=17\n").await;
    let arrived = |stage: &Stage, message: &str| {
        stage.arrived.iter().find(|event| event["message"] == message).cloned()
    };
    soon(async {
        while arrived(&stage, "slow").is_none() {
            stage.read().await;
        }
    })
    .await;
    running.stop().await;
    let odd = arrived(&stage, "caf\u{fffd}!").unwrap();
    assert_eq!(odd["fields"]["key"], serde_json::json!(["a", "b"]));
    let slow = arrived(&stage, "slow").unwrap();
    assert_eq!(
        (&slow["level"], &slow["service"], &slow["fields"]["order_id"]),
        (&"warn".into(), &"shop".into(), &"17".into())
    );
    assert!(slow["fields"]["boot_id"].is_string() && slow["fields"]["pid"].is_u64() && slow["host"] != "");
    assert!(arrived(&stage, "before").is_none());
}

#[tokio::test]
async fn over_a_rotation_and_a_vacuum_each_entry_is_an_event_once_or_is_said_to_be_missing() {
    let Some(journald) = Journald::start() else { return };
    let mut stage = Stage::new().await;
    journald.send(b"MESSAGE=before\n").await;
    soon(async {
        while !journald.has("before") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let running = stage.follow_with(&journald.tool(stage.directory.path()));
    until_begun(&stage).await;
    for number in 0..ENTRIES {
        if number == ENTRIES / 4 {
            // The reader stands still.
            stage.bus.hold("publish");
        }
        if number == ENTRIES / 2 {
            let vacuum = journald.journalctl().args(["--rotate", "--vacuum-size=1M"]).output().unwrap();
            assert!(vacuum.status.success(), "{vacuum:?}");
        }
        journald.send(format!("MESSAGE=n{number}\nPADDING={}\n", "x".repeat(1_000)).as_bytes()).await;
    }
    stage.bus.release("publish");
    let counted = |stage: &Stage| {
        stage.arrived.iter().filter(|event| event["message"].as_str().unwrap().starts_with('n')).count()
    };
    let last = format!("n{}", ENTRIES - 1);
    soon(async {
        while stage.arrived.last().is_none_or(|event| event["message"] != last) {
            stage.read().await;
        }
    })
    .await;
    let missing: u64 = stage.arrived.iter().filter_map(|event| event["fields"]["missing"].as_u64()).sum();
    assert_eq!(running.metric("missed"), missing);
    // What journald says itself may be missing too.
    let all = counted(&stage) + usize::try_from(missing).unwrap();
    assert!((ENTRIES..ENTRIES + 20).contains(&all), "{} events, {missing} missing", counted(&stage));
    running.stop().await;
}
