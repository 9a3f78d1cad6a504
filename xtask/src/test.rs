//! `cargo xtask test`.

use crate::browser;
use crate::cargo::cargo_guarded;
use crate::clients;
use crate::guard::{Guard, directory};
use crate::monitoring;
use crate::openssl;
use crate::promises::{Asked, Report};
use crate::provide::{packages, program};
use crate::slowest::Times;
use crate::stack::{Engine, Lifetime, Running};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use std::env;
use std::path::Path;

#[derive(Args, Debug)]
pub(crate) struct TestArgs {
    /// Only tests that need no engines
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// Skip tests that need a browser
    #[arg(long)]
    without_browser: bool,
    /// Only tests whose name contains this text
    filter: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Only {
    /// Tests on the embedded backends
    Embedded,
}

/// The tests that need a browser; a plain `cargo test` ignores them.
const IN_A_BROWSER: [&str; 4] = ["test", "--workspace", "--test", "browser"];
/// The tests that start, stop and kill their own engines; ignored likewise.
const ON_OWN_ENGINES: [&str; 4] = ["test", "--workspace", "--test", "engines"];
/// The test that sends events by clients of others; ignored likewise.
const BY_CLIENTS: [&str; 4] = ["test", "--workspace", "--test", "clients"];
/// The crates whose tests need an engine; all other tests need none.
const ON_ENGINES: [(&str, Engine); 5] = [
    ("watchkeeper-adapter-kafka", Engine::Kafka),
    ("watchkeeper-adapter-mongodb", Engine::Mongodb),
    ("watchkeeper-adapter-postgres", Engine::Postgres),
    ("watchkeeper-adapter-redis", Engine::Redis),
    ("watchkeeper-adapter-smtp", Engine::Smtp),
];

pub(crate) fn run(args: &TestArgs) -> anyhow::Result<()> {
    // A test reads the manual pages with it.
    packages("man", &["man-db"], || program("man").is_some())?;
    if !args.without_browser {
        browser::provide()?;
    }
    let dir = directory()?;
    let guard = Guard::over(&dir)?;
    let (report, times) = (Report::within(&dir), Times::within(&dir));
    let outcome = run_all(args, &dir, &guard, &report, &times);
    match times.slowest() {
        Ok(slowest) => print!("{slowest}"),
        Err(error) => eprintln!("cannot read the times of the tests: {error:#}"),
    }
    let promises = report.read(if args.filter.is_none() { Asked::All } else { Asked::Some })?;
    print!("{promises}");
    outcome.and_then(|()| promises.check())
}

fn run_all(args: &TestArgs, dir: &Path, guard: &Guard, report: &Report, times: &Times) -> anyhow::Result<()> {
    let runner = Times::runner()?;
    let mut all = vec!["test", "--workspace", "--no-fail-fast"];
    let mut built_in = [].as_slice();
    let engines = match args.only {
        Some(Only::Embedded) => {
            all.extend(ON_ENGINES.iter().flat_map(|(package, _)| ["--exclude", package]));
            None
        }
        None => {
            openssl::provide()?;
            monitoring::provide()?;
            built_in = &openssl::BUILT_IN;
            Some(start_engines(dir, guard)?)
        }
    };
    // The same workspace and features for each call of cargo, so that nothing is built twice.
    let which =
        || runner.iter().map(String::as_str).chain(built_in.iter().copied()).chain(args.filter.as_deref());
    let variables = engines
        .iter()
        .flat_map(|running| running.engines.variables())
        .chain([report.variable(), times.variable()]);
    // Each part runs even if one before it failed: one run shows every test that fails.
    let mut outcomes = vec![cargo_guarded(guard, variables, all.into_iter().chain(which()))];
    if let Some(shared) = engines {
        drop(shared);
        let ignored = ON_OWN_ENGINES.into_iter().chain(which()).chain(["--", "--ignored"]);
        outcomes.push(cargo_guarded(guard, own_stacks(dir)?.into_iter().chain([times.variable()]), ignored));
    }
    outcomes.push(run_clients(args, dir, guard, times.variable(), BY_CLIENTS.into_iter().chain(which())));
    if !args.without_browser {
        let ignored = IN_A_BROWSER.into_iter().chain(which()).chain(["--", "--ignored"]);
        outcomes.push(cargo_guarded(guard, [times.variable()], ignored));
    }
    outcomes.into_iter().collect()
}

fn start_engines(dir: &Path, guard: &Guard) -> anyhow::Result<Running> {
    let engines = ON_ENGINES.map(|(_, engine)| engine);
    Running::start(dir, &engines, Lifetime::Guarded(guard))
        .context("`cargo xtask test --only embedded` skips the tests that need engines")
}

/// Runs the test of the clients; on a Kafka of its own, unless no engine is asked for.
fn run_clients<'a>(
    args: &TestArgs,
    dir: &Path,
    guard: &Guard,
    times: (String, String),
    all: impl Iterator<Item = &'a str>,
) -> anyhow::Result<()> {
    let found = clients::provide()?;
    let kafka = match args.only {
        Some(Only::Embedded) => None,
        None => Some(Running::start(&dir.join("clients"), &[Engine::Kafka], Lifetime::Guarded(guard))?),
    };
    let variables = kafka.iter().flat_map(|running| running.engines.variables());
    let variables = variables.chain(found).chain([times]);
    cargo_guarded(guard, variables, all.chain(["--", "--ignored", "--nocapture"]))
}

/// The variables for tests that start their own engines: this executable, and a directory that the guard removes.
fn own_stacks(dir: &Path) -> anyhow::Result<[(String, String); 2]> {
    let executable = env::current_exe()?.display().to_string();
    Ok([("WATCHKEEPER_TEST_STACK".to_owned(), executable), ("TMPDIR".to_owned(), dir.display().to_string())])
}
