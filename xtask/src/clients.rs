//! The clients that send events in tests: rsyslog, and packages of Python and Node.

use crate::npm::{self, LISTS};
use crate::provide::{packages, program};
use crate::stack::maven;
use anyhow::{Context as _, ensure};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The packages of Python, with their versions.
const REQUIREMENTS: &str = "requirements.txt";

/// Installs what is missing; returns the variables by which the tests find it. Without the packages of Python or Node, which
/// come from elsewhere, the tests say what they skip.
pub(crate) fn provide() -> anyhow::Result<Vec<(String, String)>> {
    let programs = ["rsyslogd", "logger", "zstd", "openssl", "python3"];
    let wanted = ["rsyslog", "rsyslog-openssl", "bsdutils", "zstd", "openssl", "python3", "python3-venv"];
    packages("what sends events to the tests", &wanted, || {
        programs.into_iter().all(|name| program(name).is_some())
    })?;
    let fetched = [
        ("WATCHKEEPER_TEST_PYTHON", python()),
        ("WATCHKEEPER_TEST_NODE", npm::fetch("clients", "node-clients", &LISTS, "clients of Loki")),
    ];
    let found = fetched.into_iter().filter_map(|(variable, path)| match path {
        Ok(path) => Some((variable.to_owned(), path.display().to_string())),
        Err(error) => {
            eprintln!("{variable} is not set, and its clients are skipped: {error:#}");
            None
        }
    });
    let jars = ("WATCHKEEPER_TEST_JARS".to_owned(), maven::jars().display().to_string());
    Ok(found.chain([jars]).collect())
}

/// A Python that has the packages, which are fetched once, and after every change.
fn python() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (list, venv) =
        (root.join("clients").join(REQUIREMENTS), root.join("../target/engines/python-clients"));
    let (wanted, python) = (fs::read(&list)?, venv.join("bin/python"));
    let installed = venv.join(REQUIREMENTS);
    if fs::read(&installed).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    eprintln!("fetching an SDK of OpenTelemetry and a client of Loki from PyPI");
    let calls: [(&Path, &[&str]); 2] = [
        (Path::new("python3"), &["-m", "venv"]),
        (&python, &["-m", "pip", "install", "--quiet", "--requirement"]),
    ];
    for ((program, args), last) in calls.into_iter().zip([&venv, &list]) {
        let status = Command::new(program).args(args).arg(last).stdout(io::stderr()).status();
        let status = status.with_context(|| format!("cannot start {}", program.display()))?;
        ensure!(status.success(), "Python could not fetch them. Is pypi.org reachable?");
    }
    fs::write(installed, wanted)?;
    Ok(python)
}
