//! Engines that come from Maven Central: Kafka, and a server of MongoDB's protocol.

use crate::provide::{packages, program};
use anyhow::{Context as _, ensure};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Fetches the jars that `engines/pom.xml` names, once and after every change of the file.
pub(crate) fn provide() -> anyhow::Result<()> {
    packages("Java (a JDK, 17 or later)", &["default-jdk-headless"], || {
        program("java").is_some() && program("javac").is_some()
    })?;
    let wanted = fs::read(source().join("pom.xml"))?;
    let have = jars().join("pom.xml");
    if fs::read(&have).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    packages("Maven", &["maven"], || program("mvn").is_some())?;
    eprintln!("fetching Kafka and a server of MongoDB's protocol from Maven Central (60 MB)");
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "dependency:copy-dependencies"]);
    maven.arg(format!("-DoutputDirectory={}", jars().display())).current_dir(source()).stdout(io::stderr());
    let status = maven.status().context("cannot start mvn")?;
    ensure!(status.success(), "Maven could not fetch them; see its error above. Is Maven Central reachable?");
    fs::write(have, wanted)?;
    Ok(())
}

/// `java`, with all the jars.
pub(crate) fn java(max_heap: &str) -> Command {
    let mut java = Command::new("java");
    java.arg(format!("-Xmx{max_heap}")).args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    java.arg("--class-path").arg(jars().join("*"));
    java
}

/// The sources that run with the jars.
pub(crate) fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("engines")
}

/// The directory of the jars.
pub(crate) fn jars() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/engines/jars")
}
