//! Running engines.

use super::engine::Engine;
use super::prepared::Prepared;
use super::process::{self, Lifetime};
use std::path::Path;
use std::time::Instant;

/// Running engines, which are stopped when this is dropped.
pub(crate) struct Running {
    pub(crate) engines: Prepared,
    is_left: bool,
}

impl Running {
    /// Prepares the engines, starts those that are not running, and waits until all respond.
    pub(crate) fn start(dir: &Path, engines: &[Engine], lifetime: Lifetime<'_>) -> anyhow::Result<Self> {
        let running = Self { engines: Prepared::new(dir, engines)?, is_left: false };
        eprintln!("starting them");
        for (engine, place) in running.engines.places() {
            process::start(engine, &place, lifetime)?;
        }
        for (engine, place) in running.engines.places() {
            let begun = Instant::now();
            process::wait(engine, &place)?;
            eprintln!("{} responds after {} ms", engine.name(), begun.elapsed().as_millis());
        }
        Ok(running)
    }

    /// Leaves them running.
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
