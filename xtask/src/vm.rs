//! `cargo xtask vm`: the tests of `vm-tests/`, each on a machine of its own with the package installed.

mod engines;
mod root;

use crate::dist;
use crate::provide::{is_root, packages, program};
use anyhow::{Context as _, ensure};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Args, Debug)]
pub(crate) struct VmArgs {
    /// Print what the tests do
    #[arg(long)]
    verbose: bool,
    /// How many tests run at once
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Only tests whose name contains this text
    name: Option<String>,
}

pub(crate) fn run(args: &VmArgs) -> anyhow::Result<()> {
    ensure!(is_root(), "containers with a systemd of their own need root: run `cargo xtask vm` as root");
    provide()?;
    let dir = directory();
    let packages = dist::packages_for_tests()?;
    root::make(&dir, &packages)?;
    let binds = [
        ("/packages", packages.dir.clone()),
        ("/deploy", fs::canonicalize(tests().join("../deploy"))?),
        ("/opt/engines/jars", engines::jars()?),
        ("/opt/engines/classes", engines::classes(&dir)?),
    ];
    let binds: Vec<_> = binds.iter().map(|(to, from)| format!("{to:?}: {:?}", from.display())).collect();
    let mut python = Command::new("python3");
    python.arg(tests().join("container/run.py"));
    python.arg("--layers").arg(root::layers(&dir)?);
    python.arg("--binds").arg(format!("{{{}}}", binds.join(", ")));
    python.arg("--jobs").arg(args.jobs.to_string());
    python.args(args.verbose.then_some("--verbose")).args(&args.name);
    let status = python.status().context("cannot start python3")?;
    ensure!(status.success(), "tests failed; the journals of their units are above");
    Ok(())
}

fn provide() -> anyhow::Result<()> {
    let needed = ["mmdebstrap", "systemd-nspawn", "python3"];
    packages("what boots machines", &["mmdebstrap", "systemd-container", "python3"], || {
        needed.iter().all(|name| program(name).is_some())
    })
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vm-tests")
}

/// Where the layers of root directories are kept.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/vm")
}
