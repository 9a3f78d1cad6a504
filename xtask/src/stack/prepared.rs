//! Engines that can be started.

use super::engine::Engine;
use super::place::Place;
use super::process;
use anyhow::Context as _;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Engines of which everything is there that they need, and whose URLs are known.
pub(crate) struct Prepared {
    dir: PathBuf,
    engines: Vec<Engine>,
}

impl Prepared {
    /// Gets what is missing, and gives each engine its port, data directory and configuration.
    ///
    /// # Errors
    /// Everything that is missing and cannot be got, at once, with how to get it.
    pub(crate) fn new(dir: &Path, engines: &[Engine]) -> anyhow::Result<Self> {
        let missing: Vec<_> = engines.iter().filter_map(|engine| engine.provide().err()).collect();
        if !missing.is_empty() {
            let list: Vec<_> = missing.iter().map(|error| format!("{error:#}")).collect();
            anyhow::bail!("{}", list.join("\n"));
        }
        let prepared = Self { dir: std::path::absolute(dir)?, engines: engines.to_vec() };
        // Held until each has its own, so that no two are the same.
        let mut ports = Vec::new();
        for (engine, place) in prepared.places() {
            if !process::is_running(&place) {
                ports.push(place.prepare(engine.ports())?);
                engine.prepare(&place).with_context(|| format!("cannot prepare {}", engine.name()))?;
            }
        }
        fs::write(prepared.file(), prepared.urls())?;
        Ok(prepared)
    }

    /// Each engine, and where it keeps its things.
    pub(super) fn places(&self) -> impl Iterator<Item = (Engine, Place)> {
        self.engines.iter().map(|&engine| (engine, Place::of(&self.dir, engine)))
    }

    /// Where each engine of the directory is, as TOML: those too that were prepared before.
    pub(crate) fn urls(&self) -> String {
        let mut urls = String::new();
        let all = Engine::ALL.map(|engine| (engine, Place::of(&self.dir, engine)));
        for (engine, place) in all.into_iter().filter(|(_, place)| place.port() != 0) {
            let _ = writeln!(urls, "{} = {:?}", engine.name(), engine.url(&place));
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
        self.places().flat_map(|(engine, place)| {
            let name = format!("WATCHKEEPER_TEST_{}", engine.name().to_uppercase());
            let dir = (format!("{name}_DIR"), place.dir().display().to_string());
            [(name, engine.url(&place)), dir]
        })
    }
}
