//! The browser that the pages are tested in.

use anyhow::bail;
use std::env;
use std::process::{Command, Stdio};

/// The programs that the browser tests start.
const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];
/// The packages of Debian that have them.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Makes sure that the browser is there: as root on Debian by installing it, elsewhere by saying how.
pub(crate) fn provide() -> anyhow::Result<()> {
    if is_there() {
        return Ok(());
    }
    let install = [&["install", "--yes", "--no-install-recommends"], &PACKAGES[..]].concat();
    let command = format!("apt-get {}", install.join(" "));
    if is_on_path("apt-get") && is_root() {
        eprintln!("The pages are tested in a real browser, which is missing here; installing it: {command}");
        if apt_get(&["update"]) && apt_get(&install) && is_there() {
            return Ok(());
        }
        eprintln!("It could not be installed.");
    }
    bail!(
        "the pages are tested in a real browser: install {} and have them on PATH (Debian: {command}), \
         or leave those tests out with `cargo xtask test --without-browser`",
        PROGRAMS.join(" and "),
    )
}

fn is_there() -> bool {
    PROGRAMS.into_iter().all(is_on_path)
}

fn apt_get(args: &[&str]) -> bool {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}
