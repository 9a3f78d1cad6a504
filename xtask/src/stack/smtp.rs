//! aiosmtpd, a mail server that stores what it receives in a Maildir.

use super::ask::ask;
use super::files;
use super::place::Place;
use crate::provide::packages;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A port for STARTTLS, and one for TLS from the start.
pub(super) const PORTS: [&str; 2] = ["port", "second_port"];

pub(super) fn provide() -> anyhow::Result<()> {
    packages("aiosmtpd, a mail server", &["python3-aiosmtpd"], || python().is_some())
}

/// A Python that has aiosmtpd: the one on PATH, else Debian's.
fn python() -> Option<&'static str> {
    ["python3", "/usr/bin/python3"].into_iter().find(|python| {
        let mut import = Command::new(python);
        import.args(["-c", "import aiosmtpd"]).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    })
}

/// Creates a self-signed certificate.
pub(super) fn prepare(place: &Place) -> anyhow::Result<()> {
    let certificate = certificate(place);
    if certificate.exists() {
        return Ok(());
    }
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    files::write(&place.dir().join("key.pem"), &made.signing_key.serialize_pem())?;
    files::write(&certificate, &made.cert.pem())
}

/// The certificate of the server, for clients to trust.
pub(super) fn certificate(place: &Place) -> PathBuf {
    place.dir().join("certificate.pem")
}

pub(super) fn command(place: &Place) -> Command {
    let mut server = Command::new(python().unwrap_or("python3"));
    server.arg(script()).args([place.port().to_string(), place.port_for("second_port").to_string()]);
    server.arg(place.dir());
    server
}

pub(super) fn answers(place: &Place) -> bool {
    ask(place, b"QUIT\r\n") == Some(*b"220 ")
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("engines/mail_server.py")
}
