//! Programs that send, as they are.

use super::Listening;
use super::tls::{TLS, identity};
use std::net::SocketAddr;
use std::path::Path;
use tokio::process::Command;
use watchkeeper_test_kit::soon;

const LOGGER: &str = "/usr/bin/logger";
const RSYSLOGD: &str = "/usr/sbin/rsyslogd";
/// Its module for TLS, which has a package of its own.
const RSYSLOG_TLS: &str = "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so";

/// Runs util-linux' `logger`, where it is installed.
async fn logger(listening: &Listening, arguments: &[&str]) {
    let port = listening.addresses[0].port().to_string();
    let status = Command::new(LOGGER)
        .args([
            "--server",
            "127.0.0.1",
            "--port",
            &port,
            "--tag",
            "shop",
            "--id=77",
            "--priority",
            "local3.warning",
        ])
        .args(arguments)
        .status()
        .await
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn what_logger_sends_is_understood_in_both_forms_by_udp_and_tcp_with_either_framing() {
    if !Path::new(LOGGER).is_file() {
        return;
    }
    for (section, transport) in [
        ("udp = \"127.0.0.1:0\"", &["--udp"][..]),
        ("tcp = \"127.0.0.1:0\"", &["--tcp"]),
        ("tcp = \"127.0.0.1:0\"", &["--tcp", "--octet-count"]),
    ] {
        for form in ["--rfc5424", "--rfc3164"] {
            let mut listening = Listening::at(section).await;
            logger(&listening, &[transport, &[form, "käse is out"]].concat()).await;
            let event = &listening.events(1).await[0];
            assert_eq!(event["message"], "käse is out", "{transport:?} {form}");
            assert_eq!(
                (&event["level"], &event["service"]),
                (&"warn".into(), &"shop".into()),
                "{transport:?} {form}"
            );
            assert_eq!(
                (&event["fields"]["facility"], &event["fields"]["procid"]),
                (&"local3".into(), &"77".into())
            );
            assert!(event["host"].as_str().is_some_and(|host| !host.is_empty()));
        }
    }
}

/// Forwards what comes on the socket `log` by UDP, TCP and TLS.
fn rsyslog_config(directory: &str, ports: &[u16]) -> String {
    let forward = |port: u16, how: &str| {
        format!(
            r#"action(type="omfwd" target="127.0.0.1" port="{port}" template="RSYSLOG_SyslogProtocol23Format" {how})"#
        )
    };
    let tls = r#"StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name""#;
    [
        format!(r#"global(workDirectory="{directory}" DefaultNetstreamDriverCAFile="{directory}/cert.pem")"#),
        format!(r#"module(load="imuxsock" SysSock.Name="{directory}/log")"#),
        forward(ports[0], r#"protocol="udp""#),
        forward(ports[1], r#"protocol="tcp" TCP_Framing="octet-counted""#),
        forward(
            ports[2],
            &format!(
                r#"protocol="tcp" TCP_Framing="octet-counted" {tls} StreamDriverPermittedPeers="localhost""#
            ),
        ),
        String::new(),
    ]
    .join("\n")
}

#[tokio::test]
async fn what_rsyslog_forwards_arrives_by_udp_tcp_and_tls() {
    if ![LOGGER, RSYSLOGD, RSYSLOG_TLS].iter().all(|program| Path::new(program).is_file()) {
        return;
    }
    let section = format!("udp = \"127.0.0.1:0\"\ntcp = \"127.0.0.1:0\"\n{TLS}");
    let mut listening = Listening::with(&section, &identity()).await;
    let directory = listening.directory.path().to_str().unwrap().to_owned();
    let ports: Vec<_> = listening.addresses.iter().map(SocketAddr::port).collect();
    let (config, pid, socket) =
        (format!("{directory}/rsyslog.conf"), format!("{directory}/rsyslog.pid"), format!("{directory}/log"));
    std::fs::write(&config, rsyslog_config(&directory, &ports)).unwrap();
    let mut rsyslogd = Command::new(RSYSLOGD);
    let _rsyslogd = rsyslogd.args(["-n", "-f", &config, "-i", &pid]).kill_on_drop(true).spawn().unwrap();
    soon(async {
        while !Path::new(&socket).exists() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let sent = Command::new(LOGGER)
        .args([
            "--socket",
            &socket,
            "--tag",
            "shop",
            "--id=77",
            "--priority",
            "local3.warning",
            "käse is out",
        ])
        .status();
    assert!(sent.await.unwrap().success());
    let of_shop = |listening: &Listening| {
        let events = listening.arrived.iter().filter(|event| event["service"] == "shop");
        events.cloned().collect::<Vec<_>>()
    };
    while of_shop(&listening).len() < 3 {
        listening.read().await;
    }
    for event in of_shop(&listening) {
        assert_eq!((&event["message"], &event["level"]), (&"käse is out".into(), &"warn".into()));
        assert_eq!(
            (&event["fields"]["facility"], &event["fields"]["procid"]),
            (&"local3".into(), &"77".into())
        );
    }
    for protocol in ["udp", "tcp", "tls"] {
        assert!(listening.metric(&format!("messages_total{{protocol=\"{protocol}\"}}")) > 0, "{protocol}");
    }
}
