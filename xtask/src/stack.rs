//! `cargo xtask stack`: engines on free loopback ports, each with its own data directory.

mod ask;
mod engine;
mod files;
mod kafka;
pub(crate) mod maven;
mod mongodb;
mod passage;
mod place;
mod postgres;
mod prepared;
mod process;
mod redis;
mod running;
mod smtp;

pub(crate) use engine::Engine;
pub(crate) use process::Lifetime;
pub(crate) use running::Running;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use place::Place;
use prepared::Prepared;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(crate) enum Stack {
    /// Install what is missing and assign ports, without starting engines; print a configuration for all engines and
    /// write it to DIR/watchkeeper.toml
    Prepare(EnginesArgs),
    /// Like `prepare`, then start the engines and wait until each responds
    Up(UpArgs),
    /// Stop the engines and keep their data, except for Redis, which is not persistent
    Down(DownArgs),
    /// Print for each engine whether it responds, and its URL
    Status(DirArgs),
    /// Print the log of an engine
    Logs(LogsArgs),
}

#[derive(Args, Debug)]
pub(crate) struct DirArgs {
    /// Directory of data, logs and configuration [default: watchkeeper-stack in the directory for temporary files]
    #[arg(long)]
    dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct EnginesArgs {
    #[command(flatten)]
    dir: DirArgs,
    /// Only these engines
    #[arg(value_enum)]
    engines: Vec<Engine>,
}

#[derive(Args, Debug)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    which: EnginesArgs,
    /// Run the engines in the process group of the caller, which has to end them
    #[arg(long)]
    attached: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DownArgs {
    #[command(flatten)]
    which: EnginesArgs,
    /// Kill them (SIGKILL), as in a power failure
    #[arg(long)]
    kill: bool,
}

#[derive(Args, Debug)]
pub(crate) struct LogsArgs {
    /// The engine
    #[arg(value_enum)]
    engine: Engine,
    #[command(flatten)]
    dir: DirArgs,
}

pub(crate) fn run(stack: &Stack) -> anyhow::Result<()> {
    match stack {
        Stack::Prepare(args) => prepare(args),
        Stack::Up(args) => up(args),
        Stack::Down(args) => down(args),
        Stack::Status(args) => status(&args.get()),
        Stack::Logs(args) => logs(&args.dir.get(), args.engine),
    }
}

impl DirArgs {
    /// The option, to print in a command for the same engines.
    fn shown(&self) -> String {
        self.dir.as_ref().map(|dir| format!(" --dir {}", dir.display())).unwrap_or_default()
    }

    fn get(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(|| env::temp_dir().join("watchkeeper-stack"))
    }
}

impl EnginesArgs {
    /// The named engines; all if none is named.
    fn get(&self) -> Vec<Engine> {
        if self.engines.is_empty() { Engine::ALL.to_vec() } else { self.engines.clone() }
    }
}

fn prepare(args: &EnginesArgs) -> anyhow::Result<()> {
    print!("{}", Prepared::new(&args.dir.get(), &args.get())?.config());
    Ok(())
}

fn up(UpArgs { which, attached }: &UpArgs) -> anyhow::Result<()> {
    let dir = which.dir.get();
    let lifetime = if *attached { Lifetime::Attached } else { Lifetime::Background };
    let running = Running::start(&dir, &which.get(), lifetime)?;
    let file = running.engines.file();
    println!("{}", running.engines.config());
    println!("# Run Watchkeeper on them: cargo run --release -- up --config {}", file.display());
    println!("# Stop them: cargo xtask stack down{}", which.dir.shown());
    running.leave();
    Ok(())
}

fn down(DownArgs { which, kill }: &DownArgs) -> anyhow::Result<()> {
    let (dir, end) = (which.dir.get(), if *kill { process::kill } else { process::stop });
    let mut ended = 0;
    for engine in which.get() {
        if end(&Place::of(&dir, engine))? {
            println!("{} {}", engine.name(), if *kill { "killed" } else { "stopped" });
            ended += 1;
        }
    }
    if ended == 0 {
        println!("Nothing is running in {}.", dir.display());
    }
    Ok(())
}

fn status(dir: &Path) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for engine in Engine::ALL {
        let place = Place::of(dir, engine);
        let answers = engine.answers(&place);
        let state = match (process::is_running(&place), answers) {
            (true, true) => engine.url(&place),
            (true, false) => format!("running, but not responding; see {}", place.log().display()),
            (false, _) => "not running".to_owned(),
        };
        println!("{:10} {state}", engine.name());
        if !answers {
            missing.push(engine.name());
        }
    }
    if missing.is_empty() { Ok(()) } else { bail!("unavailable: {}", missing.join(", ")) }
}

fn logs(dir: &Path, engine: Engine) -> anyhow::Result<()> {
    let log = Place::of(dir, engine).log();
    let text = fs::read_to_string(&log)
        .with_context(|| format!("{} was never started in {}", engine.name(), dir.display()))?;
    print!("{text}");
    Ok(())
}
