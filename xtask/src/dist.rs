//! `cargo xtask dist`: packages.

mod archive;
mod debian;
mod executable;
mod git;
mod stage;
mod systemd;
mod version;

use crate::cargo::target;
use anyhow::Context as _;
use clap::Args;
use executable::Build;
use std::fs;
use std::path::PathBuf;
use version::Version;

#[derive(Args, Debug)]
pub(crate) struct DistArgs {
    /// Package the executable as `cargo xtask build` builds it: large and slow, for tests; into target/packages/debug
    #[arg(long)]
    debug: bool,
    /// The version of the packages, for tests of upgrades; the executable keeps its own
    #[arg(long, hide = true, default_value = env!("CARGO_PKG_VERSION"))]
    version: Version,
}

/// The version before this one, in tests of upgrades.
const BEFORE: &str = "0.0.9";

/// Builds the packages, and prints their paths.
pub(crate) fn run(args: &DistArgs) -> anyhow::Result<()> {
    let build = if args.debug { Build::Debug } else { Build::Shipped };
    for package in build_all(build, &args.version)? {
        println!("{}", package.display());
    }
    Ok(())
}

/// Packages for tests.
pub(crate) struct TestPackages {
    /// The Debian package of this version.
    pub(crate) deb: PathBuf,
    /// The directory of all packages of this version, and of one before it with the same executable.
    pub(crate) dir: PathBuf,
}

/// Builds packages from the executable of `cargo xtask build`.
pub(crate) fn packages_for_tests() -> anyhow::Result<TestPackages> {
    build_all(Build::Debug, &BEFORE.parse()?)?;
    let packages = build_all(Build::Debug, &env!("CARGO_PKG_VERSION").parse()?)?;
    let is_deb = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "deb");
    let deb = packages.into_iter().find(is_deb).context("there is no Debian package")?;
    Ok(TestPackages { deb: deb.canonicalize()?, dir: directory(Build::Debug).canonicalize()? })
}

fn directory(build: Build) -> PathBuf {
    match build {
        Build::Shipped => target().join("packages"),
        Build::Debug => target().join("packages/debug"),
    }
}

/// Builds the packages; returns their paths.
fn build_all(build: Build, version: &Version) -> anyhow::Result<Vec<PathBuf>> {
    debian::provide()?;
    let dir = directory(build);
    let executable = executable::build(build)?;
    let work = dir.join("work");
    if work.exists() {
        fs::remove_dir_all(&work).with_context(|| work.display().to_string())?;
    }
    let source = work.join("watchkeeper");
    stage::stage(&source, &executable, version)?;
    debian::package(&source, build)?;
    executable::check_size(&source.join(debian::TREE).join("usr/bin/watchkeeper"), build)?;
    let mut packages = debian::collect(&work, &dir)?;
    packages.push(archive::archive(&source, &dir, version, build)?);
    Ok(packages)
}
