//! `cargo xtask test`.

use crate::browser;
use crate::cargo::cargo_guarded;
use crate::guard::Guard;
use crate::stack::{Engine, Lifetime, Running};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

#[derive(Args, Debug)]
pub(crate) struct TestArgs {
    /// Only the tests that need no engine besides
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// Leave out the tests that need a browser
    #[arg(long)]
    without_browser: bool,
    /// Only tests whose name contains this
    filter: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Only {
    /// Those on the embedded back end
    Embedded,
}

/// The tests that need a browser; a plain `cargo test` passes over them.
const IN_A_BROWSER: [&str; 5] = ["test", "--package", "watchkeeper", "--test", "browser"];
/// The crates that are tested on engines, and which; the other tests need none.
const ON_ENGINES: [(&str, Engine); 5] = [
    ("watchkeeper-adapter-kafka", Engine::Kafka),
    ("watchkeeper-adapter-mongodb", Engine::Mongodb),
    ("watchkeeper-adapter-postgres", Engine::Postgres),
    ("watchkeeper-adapter-redis", Engine::Redis),
    ("watchkeeper-adapter-smtp", Engine::Smtp),
];

pub(crate) fn run(args: &TestArgs) -> anyhow::Result<()> {
    let filter = args.filter.as_deref();
    if !args.without_browser {
        browser::provide()?;
    }
    let dir = directory()?;
    let guard = Guard::over(&dir)?;
    let mut all = vec!["test", "--workspace", "--no-fail-fast"];
    let engines = match args.only {
        Some(Only::Embedded) => {
            all.extend(ON_ENGINES.iter().flat_map(|(package, _)| ["--exclude", package]));
            None
        }
        None => Some(start_engines(&dir, &guard)?),
    };
    cargo_guarded(&guard, engines.iter().flat_map(Running::variables), all.into_iter().chain(filter))?;
    if args.without_browser {
        return Ok(());
    }
    cargo_guarded(&guard, [], IN_A_BROWSER.into_iter().chain(filter).chain(["--", "--ignored"]))
}

/// A directory for the engines, which the guard removes. Some run as another user, who has to pass through it.
fn directory() -> anyhow::Result<PathBuf> {
    let passable = Permissions::from_mode(0o711);
    let dir = tempfile::Builder::new().prefix("watchkeeper-engines-").permissions(passable).tempdir()?;
    Ok(dir.keep())
}

fn start_engines(dir: &Path, guard: &Guard) -> anyhow::Result<Running> {
    let engines = ON_ENGINES.map(|(_, engine)| engine);
    Running::start(dir, &engines, Lifetime::Guarded(guard))
        .context("`cargo xtask test --only embedded` leaves out the tests that need engines")
}
