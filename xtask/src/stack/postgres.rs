//! PostgreSQL.

use super::files;
use super::place::Place;
use crate::provide::{is_root, packages, program};
use anyhow::{Context as _, ensure};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The server refuses to run as root; then it runs as nobody.
const NOBODY: u32 = 65_534;
const USER: &str = "watchkeeper";
/// Only this host can reach the server, which holds only test data.
const PASSWORD: &str = "watchkeeper";
/// Where Debian installs the programs, by version.
const DEBIAN: &str = "/usr/lib/postgresql";

pub(super) fn provide() -> anyhow::Result<()> {
    packages("PostgreSQL", &["postgresql"], || ["initdb", "postgres"].iter().all(|name| find(name).is_some()))
}

pub(super) fn prepare(place: &Place) -> anyhow::Result<()> {
    let data = place.data();
    hand_over(place.dir())?;
    certify(place)?;
    if data.join("PG_VERSION").exists() {
        // A killed server leaves its locks behind, which are valid while its PID exists, even as a zombie.
        files::remove(&data.join("postmaster.pid"))?;
        return files::remove(&place.dir().join(format!(".s.PGSQL.{}.lock", place.port())));
    }
    let password = place.dir().join("password");
    files::write(&password, PASSWORD)?;
    hand_over(&password)?;
    let mut initdb = at_root(find("initdb").context("initdb")?);
    if let Some(user) = user() {
        initdb.uid(user).gid(user);
    }
    initdb.args(["--username", USER, "--auth-local=peer", "--auth-host=scram-sha-256", "--encoding=UTF8"]);
    initdb.args(["--locale=C", "--no-sync"]).arg("--pwfile").arg(&password).arg("--pgdata").arg(&data);
    let output = initdb.stdout(Stdio::null()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Creates a self-signed certificate for TLS.
fn certify(place: &Place) -> anyhow::Result<()> {
    let (certificate, key) = (place.dir().join("certificate.pem"), place.dir().join("key.pem"));
    if certificate.exists() {
        return Ok(());
    }
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    files::write(&key, &made.signing_key.serialize_pem())?;
    // The server refuses a key that others can read.
    fs::set_permissions(&key, Permissions::from_mode(0o600))?;
    hand_over(&key)?;
    files::write(&certificate, &made.cert.pem())?;
    hand_over(&certificate)
}

/// Gives it to the user of the server, regardless of the umask.
fn hand_over(path: &Path) -> anyhow::Result<()> {
    let Some(user) = user() else { return Ok(()) };
    chown(path, Some(user), Some(user)).with_context(|| path.display().to_string())
}

pub(super) fn command(place: &Place) -> anyhow::Result<Command> {
    let mut postgres = at_root(find("postgres").context("postgres")?);
    postgres.arg("-D").arg(place.data()).args(["-h", "127.0.0.1", "-p", &place.port().to_string()]);
    postgres.arg("-k").arg(place.dir()).args(["-c", "ssl=on"]);
    for (setting, file) in [("ssl_cert_file", "certificate.pem"), ("ssl_key_file", "key.pem")] {
        postgres.arg("-c").arg(format!("{setting}={}", place.dir().join(file).display()));
    }
    Ok(postgres)
}

pub(super) fn answers(place: &Place) -> bool {
    let Some(is_ready) = find("pg_isready") else { return false };
    let mut command = Command::new(is_ready);
    command.args(["--quiet", "--host=127.0.0.1", "--port", &place.port().to_string()]);
    command.status().is_ok_and(|status| status.success())
}

pub(super) fn url(place: &Place) -> String {
    format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/postgres", place.port())
}

/// The user of the server, if not the caller.
pub(super) fn user() -> Option<u32> {
    is_root().then_some(NOBODY)
}

/// Runs a program in `/`: the user nobody may be unable to enter the current directory.
fn at_root(program: PathBuf) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    command
}

/// The program on PATH, else the newest version from Debian.
fn find(name: &str) -> Option<PathBuf> {
    program(name).or_else(|| {
        let mut versions: Vec<_> = fs::read_dir(Path::new(DEBIAN)).ok()?.flatten().collect();
        versions.sort_by_key(|version| version.file_name().to_string_lossy().parse::<u32>().unwrap_or(0));
        versions.iter().rev().map(|version| version.path().join("bin").join(name)).find(|file| file.is_file())
    })
}
