//! `cargo xtask stack`: the engines, each on a free port of loopback with a data directory of its own.

mod ask;
mod engine;
mod files;
mod kafka;
mod maven;
mod mongodb;
mod place;
mod postgres;
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
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(crate) enum Stack {
    /// Start the engines, wait until each answers, print their URLs and write them to DIR/urls.toml
    Up(UpArgs),
    /// Stop the engines; what they stored stays
    Down(DirArgs),
    /// Say of each engine whether it answers, and where
    Status(DirArgs),
    /// Print what an engine logged
    Logs(LogsArgs),
}

#[derive(Args, Debug)]
pub(crate) struct DirArgs {
    /// Where the engines keep their data, logs and URLs [default: watchkeeper-stack in the directory of
    /// temporary files]
    #[arg(long)]
    dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    dir: DirArgs,
    /// Only these engines
    #[arg(value_enum)]
    engines: Vec<Engine>,
}

#[derive(Args, Debug)]
pub(crate) struct LogsArgs {
    /// Whose log
    #[arg(value_enum)]
    engine: Engine,
    #[command(flatten)]
    dir: DirArgs,
}

pub(crate) fn run(stack: &Stack) -> anyhow::Result<()> {
    match stack {
        Stack::Up(args) => up(&args.dir.get(), &chosen(&args.engines)),
        Stack::Down(args) => down(&args.get()),
        Stack::Status(args) => status(&args.get()),
        Stack::Logs(args) => logs(&args.dir.get(), args.engine),
    }
}

impl DirArgs {
    fn get(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(|| env::temp_dir().join("watchkeeper-stack"))
    }
}

/// The engines that were named; all when none was.
fn chosen(engines: &[Engine]) -> Vec<Engine> {
    if engines.is_empty() { Engine::ALL.to_vec() } else { engines.to_vec() }
}

fn up(dir: &Path, engines: &[Engine]) -> anyhow::Result<()> {
    let running = Running::start(dir, engines, Lifetime::Background)?;
    println!("{}", running.urls());
    println!(
        "# Also in {}. Stop them with: cargo xtask stack down --dir {}",
        running.file().display(),
        dir.display()
    );
    running.leave();
    Ok(())
}

fn down(dir: &Path) -> anyhow::Result<()> {
    let mut stopped = 0;
    for engine in Engine::ALL {
        if process::stop(&Place::of(dir, engine))? {
            println!("{} stopped", engine.name());
            stopped += 1;
        }
    }
    if stopped == 0 {
        println!("Nothing runs in {}.", dir.display());
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
            (true, false) => format!("runs, but does not answer; see {}", place.log().display()),
            (false, _) => "does not run".to_owned(),
        };
        println!("{:10} {state}", engine.name());
        if !answers {
            missing.push(engine.name());
        }
    }
    if missing.is_empty() { Ok(()) } else { bail!("not there: {}", missing.join(", ")) }
}

fn logs(dir: &Path, engine: Engine) -> anyhow::Result<()> {
    let log = Place::of(dir, engine).log();
    let text = fs::read_to_string(&log)
        .with_context(|| format!("{} was never started in {}", engine.name(), dir.display()))?;
    print!("{text}");
    Ok(())
}
