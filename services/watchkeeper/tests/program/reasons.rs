//! Why a site is down is known to everybody who is notified or asks.

use crate::running::{Up, wait_for};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::thread;

/// Serves 500 to everybody, until the test ends.
fn broken_site() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    address
}

fn config(site: SocketAddr) -> String {
    format!(
        r#"
[collector.host]
enabled = false
[[collector.uptime]]
name = "shop"
url = "http://{site}/"
interval = "1s"
jitter = "0s"
[notifier]
group_wait = "0s"
[[notifier.receiver]]
name = "ops"
mail = ["ops@example.org"]
[[rule]]
name = "site_down"
severity = "critical"
match = ['name="availability_percent"']
for = "4s"
threshold = {{ below = 50 }}
"#
    )
}

/// The only mail that was delivered, if one was, with its soft line breaks removed.
fn mail(data_dir: &Path) -> Option<String> {
    let mut mails = fs::read_dir(data_dir.join("mail/new")).ok()?;
    let text = fs::read_to_string(mails.next()?.unwrap().path()).unwrap();
    Some(text.replace("=\r\n", "").replace("=\n", ""))
}

#[test]
fn the_reason_of_a_probe_reaches_mail_api_and_commands_over_a_restart() {
    const NOTE: &str = "answered 500, expected 2xx";
    let dir = tempfile::tempdir().unwrap();
    let (file, data_dir) = (dir.path().join("watchkeeper.toml"), dir.path().join("data"));
    fs::write(&file, config(broken_site())).unwrap();
    let start = || {
        Up::start_with(&data_dir, |command| {
            command.arg("--config").arg(&file);
        })
    };
    let text = |up: &Up, args: &[&str]| String::from_utf8(up.run(args).stdout).unwrap();

    let up = start();
    // On a slow machine it fires before anybody looks.
    wait_for("the rule to be pending", || {
        let explained = text(&up, &["rules", "explain", "site_down"]);
        ["pending", "firing"].iter().any(|phase| explained.contains(phase)).then_some(())
    });
    up.stop();
    let up = start();
    let mail = wait_for("the mail", || mail(&data_dir));
    let reason = format!("{NOTE} (availability is 0 %, below 50 % for 4 s)");
    assert!(mail.contains(&format!("CRITICAL: site_down: shop: {reason}")), "{mail}");

    let alert = up.get("/v1/alerts");
    assert!(alert.contains(&format!(r#""reason":"{reason}""#)), "{alert}");
    for path in ["/v1/latest?name=availability_percent", "/v1/samples?name=availability_percent"] {
        assert!(up.get(path).contains(&format!(r#""note":"{NOTE}""#)), "{path}: {}", up.get(path));
    }
    for args in
        [&["alerts"][..], &["rules", "explain", "site_down"], &["query", "latest"], &["query", "samples"]]
    {
        let shown = text(&up, args).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains("answered 500"), "{args:?}: {shown}");
    }
    for page in ["/alerts", "/series?source=uptime&name=availability_percent&unit=percent&label.target=shop"]
    {
        assert!(up.get(page).contains(NOTE), "{page}");
    }
}
