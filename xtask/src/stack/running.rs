//! Engines that run.

use super::engine::Engine;
use super::place::Place;
use super::process::{self, Lifetime};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Engines that run, until this is dropped.
pub(crate) struct Running {
    dir: PathBuf,
    engines: Vec<Engine>,
    is_left: bool,
}

impl Running {
    /// Gets what is missing, starts every engine, and waits until all answer.
    ///
    /// # Errors
    /// Everything that is missing and cannot be got, at once, with how to get it.
    pub(crate) fn start(dir: &Path, engines: &[Engine], lifetime: Lifetime<'_>) -> anyhow::Result<Self> {
        let missing: Vec<_> = engines.iter().filter_map(|engine| engine.provide().err()).collect();
        if !missing.is_empty() {
            let list: Vec<_> = missing.iter().map(|error| format!("{error:#}")).collect();
            anyhow::bail!("{}", list.join("\n"));
        }
        let dir = std::path::absolute(dir)?;
        let running = Self { dir, engines: engines.to_vec(), is_left: false };
        for &engine in engines {
            let place = running.place(engine);
            if !process::is_running(&place) {
                place.prepare(&["port", "second_port"])?;
                engine.prepare(&place).with_context(|| format!("cannot prepare {}", engine.name()))?;
            }
            process::start(engine, &place, lifetime)?;
        }
        for &engine in engines {
            let begun = Instant::now();
            process::wait(engine, &running.place(engine))?;
            eprintln!("{} answers after {} ms", engine.name(), begun.elapsed().as_millis());
        }
        fs::write(running.file(), running.urls())?;
        Ok(running)
    }

    /// Where each is, as TOML.
    pub(crate) fn urls(&self) -> String {
        let mut urls = String::new();
        for &engine in &self.engines {
            let _ = writeln!(urls, "{} = {:?}", engine.name(), engine.url(&self.place(engine)));
        }
        urls
    }

    /// The file that says the same.
    pub(crate) fn file(&self) -> PathBuf {
        self.dir.join("urls.toml")
    }

    /// Where each is, and its directory, in the variables that tests read: `WATCHKEEPER_TEST_KAFKA`,
    /// `WATCHKEEPER_TEST_KAFKA_DIR`.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (String, String)> {
        self.engines.iter().flat_map(|&engine| {
            let (place, name) =
                (self.place(engine), format!("WATCHKEEPER_TEST_{}", engine.name().to_uppercase()));
            let dir = (format!("{name}_DIR"), place.dir().display().to_string());
            [(name, engine.url(&place)), dir]
        })
    }

    /// Lets them run on.
    pub(crate) fn leave(mut self) {
        self.is_left = true;
    }

    fn place(&self, engine: Engine) -> Place {
        Place::of(&self.dir, engine)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_left {
            return;
        }
        for &engine in &self.engines {
            if let Err(error) = process::stop(&self.place(engine)) {
                eprintln!("cannot stop {}: {error:#}", engine.name());
            }
        }
    }
}
