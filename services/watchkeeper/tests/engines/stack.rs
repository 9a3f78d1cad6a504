//! Engines of a test's own, by `cargo xtask stack`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that says where the executable of `cargo xtask` is.
const XTASK: &str = "WATCHKEEPER_TEST_STACK";

/// An engine that Watchkeeper runs on, or hands its mail to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Kafka,
    Postgres,
    Redis,
    Mongodb,
    Smtp,
}

impl Engine {
    pub(crate) const ALL: [Self; 5] = [Self::Kafka, Self::Postgres, Self::Redis, Self::Mongodb, Self::Smtp];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Mongodb => "mongodb",
            Self::Smtp => "smtp",
        }
    }

    /// The key of `[backends]` that it stands behind.
    const fn key(self) -> &'static str {
        match self {
            Self::Kafka => "bus",
            Self::Postgres => "store",
            Self::Redis => "cache",
            Self::Mongodb => "rollups",
            Self::Smtp => "mail",
        }
    }
}

/// One of each engine, in a directory and on ports of their own; dropped, they are killed.
pub(crate) struct Stack {
    dir: PathBuf,
    /// By the keys of `[backends]`.
    urls: BTreeMap<String, String>,
}

impl Stack {
    /// It is known where each will be; none runs.
    pub(crate) fn prepare(dir: PathBuf) -> Self {
        let mut stack = Self { dir, urls: BTreeMap::new() };
        stack.call(&["prepare"], &Engine::ALL);
        let file = fs::read_to_string(stack.config()).unwrap();
        let lines = file.lines().filter_map(|line| line.split_once(" = "));
        stack.urls = lines.map(|(key, url)| (key.to_owned(), url.trim_matches('"').to_owned())).collect();
        stack
    }

    pub(crate) fn url(&self, engine: Engine) -> &str {
        &self.urls[engine.key()]
    }

    /// The configuration that names all engines.
    pub(crate) fn config(&self) -> PathBuf {
        self.dir.join("watchkeeper.toml")
    }

    /// Where an engine keeps its things.
    pub(crate) fn dir(&self, engine: Engine) -> PathBuf {
        self.dir.join(engine.name())
    }

    /// Starts engines, and waits until they answer.
    pub(crate) fn start(&self, engines: &[Engine]) {
        self.call(&["up", "--attached"], engines);
    }

    /// Ends an engine in the hardest way that what it was told to keep outlives.
    pub(crate) fn end(&self, engine: Engine) {
        match engine {
            // The small one that stands in for MongoDB writes to its file now and then, and when it ends.
            Engine::Mongodb => self.call(&["down"], &[engine]),
            _ => self.call(&["down", "--kill"], &[engine]),
        }
    }

    /// Stops engines from answering, with their connections open, until they are thawed.
    pub(crate) fn freeze(&self, engines: &[Engine]) {
        self.signal("-STOP", engines);
    }

    /// Has engines answer again.
    pub(crate) fn thaw(&self, engines: &[Engine]) {
        self.signal("-CONT", engines);
    }

    /// Signals the process of each engine, and its children.
    fn signal(&self, signal: &str, engines: &[Engine]) {
        for engine in engines {
            let file = fs::read_to_string(self.dir(*engine).join("pid")).unwrap();
            let pid = file.split_whitespace().next().unwrap();
            let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
            let family = [pid].into_iter().chain(children.split_whitespace());
            assert!(Command::new("kill").arg(signal).args(family).status().unwrap().success());
        }
    }

    fn call(&self, command: &[&str], engines: &[Engine]) {
        let output =
            xtask(command, &self.dir).args(engines.iter().map(|engine| engine.name())).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {said}");
        eprint!("{said}");
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = xtask(&["down", "--kill"], &self.dir).output();
    }
}

fn xtask(command: &[&str], dir: &Path) -> Command {
    let executable = env::var_os(XTASK);
    let mut xtask =
        Command::new(executable.unwrap_or_else(|| panic!("{XTASK} is not set: run cargo xtask test")));
    xtask.arg("stack").args(command).arg("--dir").arg(dir);
    xtask
}
