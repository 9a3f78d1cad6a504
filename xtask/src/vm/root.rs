//! The root directories of the machines: Debian with the engines, and above it the package.

use super::tests;
use crate::dist::TestPackages;
use anyhow::{Context as _, ensure};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const SUITE: &str = "bookworm";
const PACKAGES: &str = "systemd,systemd-sysv,dbus,libnss-systemd,iproute2,curl,ca-certificates,procps,python3,openssl,nginx-light,\
                        postgresql,redis-server,openjdk-17-jre-headless,libssl3";
/// What tests never read.
const LEFT_OUT: [&str; 3] = ["/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*"];
/// The engines start only in tests that need them.
const DISABLE: &str = r#"cd "$1/etc/systemd/system" && rm -f ../../hostname redis.service \
multi-user.target.wants/nginx.service multi-user.target.wants/postgresql.service multi-user.target.wants/redis-server.service"#;

/// Makes the layers that are missing or out of date.
pub(super) fn make(dir: &Path, packages: &TestPackages) -> anyhow::Result<()> {
    fs::create_dir_all(dir)?;
    make_once(&dir.join("base"), &format!("{SUITE} {PACKAGES} {DISABLE}"), bootstrap)?;
    // By its time and size: reading it whole would take as long as installing it.
    let package = fs::metadata(&packages.deb)?;
    let version = format!("{:?} {}", package.modified()?, package.len());
    make_once(&dir.join("installed"), &version, |installed| install(dir, installed, &packages.deb))
}

/// The directory that has every layer by its name in `tests.toml`.
pub(super) fn layers(dir: &Path) -> anyhow::Result<PathBuf> {
    let engines = dir.join("engines");
    if !engines.exists() {
        symlink(fs::canonicalize(tests().join("container/root"))?, engines)?;
    }
    Ok(fs::canonicalize(dir)?)
}

/// Makes a directory, unless it was made for the same `key` before. An interrupted attempt is removed.
fn make_once(
    directory: &Path,
    key: &str,
    make: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let key_file = directory.with_extension("key");
    if directory.exists() && fs::read_to_string(&key_file).is_ok_and(|made| made == key) {
        return Ok(());
    }
    let _ = fs::remove_file(&key_file);
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    make(directory)?;
    Ok(fs::write(key_file, key)?)
}

fn bootstrap(base: &Path) -> anyhow::Result<()> {
    eprintln!("making a Debian {SUITE} with the engines (650 MB)");
    let mut command = Command::new("mmdebstrap");
    command.args(["--quiet", "--mode=root", "--variant=minbase", "--format=directory"]);
    // Should the machine lose power, it is made again.
    command.arg("--dpkgopt=force-unsafe-io");
    command.args(LEFT_OUT.map(|path| format!("--dpkgopt=path-exclude={path}")));
    command.arg(format!("--include={PACKAGES}")).arg(format!("--customize-hook={DISABLE}"));
    command.arg(SUITE).arg(base).arg("http://deb.debian.org/debian");
    let status = command.status().context("cannot start mmdebstrap")?;
    ensure!(status.success(), "mmdebstrap failed: is deb.debian.org reachable?");
    Ok(())
}

/// Installs the package as dpkg does on a host that is not running, and keeps what that writes.
fn install(dir: &Path, installed: &Path, deb: &Path) -> anyhow::Result<()> {
    const SCRIPT: &str = r#"
set -e
mkdir -p "$4" "$5" "$6"
mount -t overlay overlay -o "lowerdir=$1:$2,upperdir=$4,workdir=$5" "$6"
mount -t proc proc "$6/proc"
cp "$3" "$6/tmp/package.deb"
chroot "$6" dpkg --install --force-unsafe-io /tmp/package.deb
rm "$6/tmp/package.deb"
umount "$6/proc" "$6"
rm -r "$5" "$6"
"#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", SCRIPT, "install"]);
    command.arg(fs::canonicalize(tests().join("container/root"))?).arg(dir.join("base")).arg(deb);
    command.args([installed.to_owned(), dir.join("work"), dir.join("mounted")]);
    ensure!(
        command.status().context("cannot start unshare")?.success(),
        "dpkg could not install {}",
        deb.display()
    );
    Ok(())
}
