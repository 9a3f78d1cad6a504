//! Engines that run.

use super::engine::Engine;
use super::prepared::Prepared;
use super::process::{self, Lifetime};
use std::path::Path;
use std::time::Instant;

/// Engines that run, until this is dropped.
pub(crate) struct Running {
    pub(crate) engines: Prepared,
    is_left: bool,
}

impl Running {
    /// Prepares every engine, starts it unless it runs, and waits until all answer.
    pub(crate) fn start(dir: &Path, engines: &[Engine], lifetime: Lifetime<'_>) -> anyhow::Result<Self> {
        let running = Self { engines: Prepared::new(dir, engines)?, is_left: false };
        eprintln!("starting them");
        for (engine, place) in running.engines.places() {
            process::start(engine, &place, lifetime)?;
        }
        for (engine, place) in running.engines.places() {
            let begun = Instant::now();
            process::wait(engine, &place)?;
            eprintln!("{} answers after {} ms", engine.name(), begun.elapsed().as_millis());
        }
        Ok(running)
    }

    /// Lets them run on.
    pub(crate) fn leave(mut self) {
        self.is_left = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_left {
            return;
        }
        for (engine, place) in self.engines.places() {
            if let Err(error) = process::stop(&place) {
                eprintln!("cannot stop {}: {error:#}", engine.name());
            }
        }
    }
}
