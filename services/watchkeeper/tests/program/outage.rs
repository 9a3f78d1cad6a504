//! From a port that closes to a mail, and back.

use crate::running::{Up, wait_for};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

/// Whether anything listens on `port` decides what is told.
fn config(port: u16) -> String {
    format!(
        r#"
        [notifier]
        group_wait = "0s"
        group_interval = "1s"
        [collector.host]
        enabled = false
        [[collector.uptime]]
        name = "shop"
        tcp = "127.0.0.1:{port}"
        interval = "1s"
        jitter = "0s"
        timeout = "1s"
        [[rule]]
        name = "site_down"
        severity = "critical"
        match = ['source="uptime"', 'name="availability_percent"']
        threshold = {{ below = 50 }}
        for = "1s"
        summary = "Customers of {{{{ labels.target }}}} see an error page."
        "#
    )
}

fn mails(data_dir: &Path) -> Vec<String> {
    let Ok(new) = data_dir.join("mail/new").read_dir() else { return Vec::new() };
    // Numbers at the end of the names rise.
    let mut files: Vec<_> = new.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

fn wait_for_mails(data_dir: &Path, count: usize) -> Vec<String> {
    wait_for("a mail", || Some(mails(data_dir)).filter(|mails| mails.len() >= count))
}

#[test]
fn a_port_that_closes_and_opens_again_is_told_once_each_also_over_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let file = dir.path().join("watchkeeper.toml");
    fs::write(&file, config(address.port())).unwrap();
    let start = || {
        Up::start_with(dir.path(), |command| {
            command.arg("--config").arg(&file);
        })
    };

    let up = start();
    up.wait_for("/v1/latest?source=uptime&name=availability_percent", |answer| {
        answer.contains("\"value\":100")
    });
    drop(listener);
    let fired = wait_for_mails(dir.path(), 1);
    assert!(fired[0].contains("Subject: [critical] site_down: shop: connection refused"), "{}", fired[0]);
    assert!(fired[0].contains("Customers of shop see an error page."), "{}", fired[0]);
    up.wait_for("/v1/alerts", |answer| answer.contains("\"site_down\""));
    up.kill();

    let up = start();
    // It has evaluated what came after the restart, and told nobody of it again.
    up.wait_for("/v1/status", |answer| answer.contains("1 alert fires"));
    let seen = samples(&up);
    up.wait_for("/v1/samples?source=uptime&name=availability_percent", |_| samples(&up) > seen);
    assert_eq!(mails(dir.path()).len(), 1);
    let _listener = TcpListener::bind(address).unwrap();
    let cleared = wait_for_mails(dir.path(), 2);
    assert!(cleared[1].contains("Subject: Recovered: site_down: shop after "), "{}", cleared[1]);
    let first_id = header(&cleared[0], "Message-ID");
    assert_eq!(header(&cleared[1], "In-Reply-To"), first_id, "mail programs show both together");
    up.wait_for("/v1/status", |answer| answer.contains("no alert fires"));
    up.kill();

    let up = start();
    up.wait_for("/v1/status", |answer| answer.contains("no alert fires"));
    assert!(up.stop().success());
    assert_eq!(mails(dir.path()).len(), 2, "nothing in between, nothing again");
}

#[test]
fn of_a_port_that_opens_while_watchkeeper_is_stopped_recovery_is_sent_to_whom_the_outage_was() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let file = dir.path().join("watchkeeper.toml");
    let receiver = "[[notifier.receiver]]\nname = \"ops\"\nmail = [\"ops@example.org\"]\n";
    fs::write(&file, format!("{}\n{receiver}", config(address.port()))).unwrap();
    let start = || {
        Up::start_with(dir.path(), |command| {
            command.arg("--config").arg(&file);
        })
    };

    let up = start();
    up.wait_for("/v1/latest?source=uptime&name=availability_percent", |answer| {
        answer.contains("\"value\":100")
    });
    drop(listener);
    let fired = wait_for_mails(dir.path(), 1);
    assert!(up.stop().success());

    let _listener = TcpListener::bind(address).unwrap();
    let up = start();
    let mails = wait_for_mails(dir.path(), 2);
    assert!(mails[1].contains("Subject: Recovered: site_down: shop after "), "{}", mails[1]);
    assert_eq!(header(&mails[1], "To"), header(&fired[0], "To"));
    assert_eq!(header(&mails[1], "In-Reply-To"), header(&fired[0], "Message-ID"), "the same incident");
    up.wait_for("/v1/status", |answer| answer.contains("no alert fires"));
    assert!(up.stop().success());
}

/// How often the port was looked at.
fn samples(up: &Up) -> usize {
    up.get("/v1/samples?source=uptime&name=availability_percent&last=1000").matches("collected_at").count()
}

fn header<'m>(mail: &'m str, name: &str) -> &'m str {
    let line = mail.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.strip_prefix(": ")).unwrap_or_default()
}
