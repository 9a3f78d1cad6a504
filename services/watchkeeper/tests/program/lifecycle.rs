//! Starting, telling systemd, reloading, stopping.

use crate::running::{PATIENCE, Up, agent, wait_for, watchkeeper};
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Stdio;

/// A socket that hears what systemd would hear.
pub(crate) struct Systemd(UnixDatagram);

impl Systemd {
    pub(crate) fn listen(dir: &Path) -> Self {
        let socket = UnixDatagram::bind(dir.join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    /// Hears messages until one has a line that begins so; gives that line.
    pub(crate) fn hear(&self, beginning: &str) -> String {
        let message = self.hear_message(beginning);
        message.lines().find(|line| line.starts_with(beginning)).unwrap().to_owned()
    }

    /// The same, but gives the whole message.
    pub(crate) fn hear_message(&self, beginning: &str) -> String {
        wait_for(beginning, || {
            let mut message = [0; 4096];
            let length = self.0.recv(&mut message).expect("systemd is told something");
            let message = String::from_utf8(message[..length].to_vec()).unwrap();
            message.lines().any(|line| line.starts_with(beginning)).then_some(message)
        })
    }
}

#[test]
fn systemd_is_told_of_ready_status_watchdog_reload_and_stop() {
    let dir = tempfile::tempdir().unwrap();
    let systemd = Systemd::listen(dir.path());
    let up = Up::start_with(&dir.path().join("data"), |command| {
        command.env("NOTIFY_SOCKET", dir.path().join("notify")).env("WATCHDOG_USEC", "200000");
    });
    systemd.hear("READY=1");
    systemd.hear("WATCHDOG=1");
    let status = systemd.hear("STATUS=");
    for role in ["collector: ", "ingest: ", "persister: ", "cache: ", "api: "] {
        assert!(status.contains(role), "{status}");
    }
    up.signal("HUP");
    systemd.hear("RELOADING=1");
    systemd.hear("READY=1");
    up.signal("TERM");
    systemd.hear("STOPPING=1");
    assert!(up.end().success());
}

#[test]
fn sigterm_ends_with_0_and_a_second_start_finds_everything() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    assert_eq!(up.post_samples(r#"{"source":"demo","name":"kept","value":7}"#), Some(202));
    assert!(up.stop().success());
    let up = Up::start(dir.path());
    up.wait_for("/v1/latest?source=demo", |answer| answer.contains("\"value\":7"));
    assert!(up.stop().success());
}

#[test]
fn a_second_up_on_the_same_data_is_refused_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let _first = Up::start(dir.path());
    let mut second = watchkeeper(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data-dir"]);
    let output = second.arg(dir.path()).stdout(Stdio::null()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success()
            && error.contains("another Watchkeeper (pid ")
            && error.contains(") is using /"),
        "{error}"
    );
}

#[test]
fn sighup_takes_new_tokens_and_refuses_a_bad_file() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("watchkeeper.toml");
    // The SHA-256 of "secret".
    let sha256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    fs::write(&config, "").unwrap();
    let mut up = Up::start_with(&dir.path().join("data"), |command| {
        command.arg("--config").arg(&config).stderr(Stdio::piped());
    });
    let mut log = up.stderr();
    let status = |token: Option<&str>| {
        let mut request = agent().get(format!("{}/v1/series", up.url));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.call().unwrap().status().as_u16()
    };
    assert_eq!(status(None), 200);
    let token = format!("[[token]]\nname = \"reader\"\nscopes = [\"read\"]\nsha256 = \"{sha256}\"\n");
    fs::write(&config, &token).unwrap();
    up.signal("HUP");
    wait_for("the token", || (status(None) == 401).then_some(()));
    assert_eq!(status(Some("secret")), 200);
    fs::write(&config, "[log]\nlevle = \"debug\"\n").unwrap();
    up.signal("HUP");
    assert!(log.any(|line| line.unwrap().contains("configuration rejected, keeping the old one")));
    assert_eq!(status(Some("secret")), 200);
    assert_eq!(status(None), 401);
}
