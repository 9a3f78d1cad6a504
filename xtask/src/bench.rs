//! `cargo xtask bench`.
//!
//! The benchmarks are bench targets: they are built for release, and their dependencies are not those of the other
//! commands.

use crate::cargo::{cargo, cargo_guarded, release_build};
use crate::guard::{Guard, directory};
use crate::stack::{Engine, Lifetime, Running};
use clap::{Args, Subcommand};
use std::ffi::OsString;

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum Bench {
    /// Samples accepted over HTTP and stored by `up`, against bare SQLite inserting the same rows
    Embedded(Options),
    /// Samples stored by the persister from Kafka into PostgreSQL, against bare COPY of the same rows
    Pipeline(Options),
    /// Events stored by the processor from Kafka into PostgreSQL, against bare COPY of the same rows
    Events(Options),
    /// Questions about a day's events in PostgreSQL, against the best SQL written by hand
    EventsQuery(Options),
    /// Messages of syslog over UDP, of which ingest may drop none
    Syslog(Options),
    /// Probe delay of 10,000 uptime targets on one core
    Collector(Options),
    /// A year of rollups computed by `up`, against one SQL `GROUP BY` over the same rows
    Rollups(Options),
    /// Samples evaluated by rules, against decoding alone, and memory per series
    Rules(Options),
}

#[derive(Args, Debug)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// Options of the benchmark; --help lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<OsString>,
}

/// A bench target of a package, and how it is called.
struct Target {
    package: &'static str,
    name: &'static str,
    /// The benchmark, where the target has several.
    benchmark: Option<&'static str>,
    engines: &'static [Engine],
    /// Whether it measures the executable that is shipped.
    needs_executable: bool,
}

impl Target {
    fn up(benchmark: &'static str) -> Self {
        Self {
            package: "xtask",
            name: "up",
            benchmark: Some(benchmark),
            engines: &[],
            needs_executable: true,
        }
    }

    fn pipeline(benchmark: &'static str, engines: &'static [Engine]) -> Self {
        Self {
            package: "xtask",
            name: "pipeline",
            benchmark: Some(benchmark),
            engines,
            needs_executable: true,
        }
    }
}

/// What a role that stores records needs.
const STORING: &[Engine] = &[Engine::Kafka, Engine::Postgres, Engine::Redis];

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    let (target, options) = match bench {
        Bench::Embedded(options) => (Target::up("embedded"), options),
        Bench::Collector(options) => (Target::up("collector"), options),
        Bench::Rollups(options) => (Target::up("rollups"), options),
        Bench::Pipeline(options) => (Target::pipeline("pipeline", STORING), options),
        Bench::Events(options) => (Target::pipeline("events", STORING), options),
        Bench::EventsQuery(options) => {
            let target = Target::pipeline("events-query", &[Engine::Postgres]);
            (Target { needs_executable: false, ..target }, options)
        }
        Bench::Syslog(options) => (Target::pipeline("syslog", &[Engine::Kafka]), options),
        Bench::Rules(options) => {
            let target = Target {
                package: "watchkeeper-rules",
                name: "rules",
                benchmark: None,
                engines: &[],
                needs_executable: false,
            };
            (target, options)
        }
    };
    target.run(&options.options)
}

impl Target {
    fn run(self, options: &[OsString]) -> anyhow::Result<()> {
        let mut call: Vec<OsString> =
            ["bench", "--package", self.package, "--bench", self.name, "--"].map(OsString::from).into();
        call.extend(self.benchmark.map(OsString::from));
        // Nothing is built or started for a look at the options.
        let asks_for_help = options.iter().any(|option| option == "--help" || option == "-h");
        if self.needs_executable && !asks_for_help {
            call.extend([OsString::from("--executable"), release_build()?.into()]);
        }
        call.extend_from_slice(options);
        if self.engines.is_empty() || asks_for_help {
            return cargo(call);
        }
        let dir = directory()?;
        let guard = Guard::over(&dir)?;
        let engines = Running::start(&dir, self.engines, Lifetime::Guarded(&guard))?;
        cargo_guarded(&guard, engines.engines.variables(), call)
    }
}
