//! Engines that are ready to start.

use super::engine::Engine;
use super::place::Place;
use super::{files, passage, process, smtp};
use anyhow::{Context as _, bail};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Engines that are installed and configured.
pub(crate) struct Prepared {
    dir: PathBuf,
    engines: Vec<Engine>,
}

impl Prepared {
    /// Installs what is missing, and gives each engine its ports, data directory and configuration.
    ///
    /// # Errors
    /// Everything that is missing and cannot be installed, with how to install it.
    pub(crate) fn new(dir: &Path, engines: &[Engine]) -> anyhow::Result<Self> {
        let dir = std::path::absolute(dir)?;
        let titles: Vec<_> = engines.iter().map(|engine| engine.title()).collect();
        eprintln!("looking for the programs of {}", titles.join("; "));
        for user in engines.iter().filter_map(|engine| engine.user()) {
            passage::make(&dir, user)?;
        }
        // Two engines may lack the same program.
        let missing: BTreeSet<_> = engines
            .iter()
            .filter_map(|engine| engine.provide().err())
            .map(|error| format!("{error:#}"))
            .collect();
        if !missing.is_empty() {
            bail!("{}", missing.into_iter().collect::<Vec<_>>().join("\n"));
        }
        eprintln!("preparing them in {}", dir.display());
        let prepared = Self { dir, engines: engines.to_vec() };
        // Held until all engines have ports, so that no two are equal.
        let mut ports = Vec::new();
        for (engine, place) in prepared.places() {
            if !process::is_running(&place) {
                ports.push(place.prepare(engine.ports())?);
                engine.prepare(&place).with_context(|| format!("cannot prepare {}", engine.name()))?;
            }
        }
        files::write(&prepared.file(), &prepared.config())?;
        Ok(prepared)
    }

    /// Each engine with its directory.
    pub(super) fn places(&self) -> impl Iterator<Item = (Engine, Place)> {
        self.engines.iter().map(|&engine| (engine, Place::of(&self.dir, engine)))
    }

    /// A configuration of Watchkeeper for all engines in the directory, including those prepared earlier.
    pub(crate) fn config(&self) -> String {
        let mut config = String::from(
            "# Written by `cargo xtask stack`, which overwrites it: copy it to change it.\n[backends]\n",
        );
        let all = Engine::ALL.map(|engine| (engine, Place::of(&self.dir, engine)));
        let there: Vec<_> = all.into_iter().filter(|(_, place)| place.port() != 0).collect();
        for (engine, place) in &there {
            let _ = writeln!(config, "{} = {:?}", engine.key(), engine.url(place));
        }
        if let Some((_, place)) = there.iter().find(|(engine, _)| *engine == Engine::Smtp) {
            let _ = writeln!(
                config,
                "\n[backends.smtp]\nca_file = {:?}",
                smtp::certificate(place).display().to_string()
            );
        }
        config
    }

    /// The file of the configuration.
    pub(crate) fn file(&self) -> PathBuf {
        self.dir.join("watchkeeper.toml")
    }

    /// The URL and directory of each, as variables for tests: `WATCHKEEPER_TEST_KAFKA`, `WATCHKEEPER_TEST_KAFKA_DIR`.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (String, String)> {
        self.places().flat_map(|(engine, place)| {
            let name = format!("WATCHKEEPER_TEST_{}", engine.name().to_uppercase());
            let dir = (format!("{name}_DIR"), place.dir().display().to_string());
            [(name, engine.url(&place)), dir]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_configuration_names_each_engine_that_has_a_port_and_whom_the_mail_server_is_trusted_by() {
        let dir = tempfile::tempdir().unwrap();
        let prepared = Prepared { dir: dir.path().to_owned(), engines: vec![Engine::Kafka] };
        for (engine, port) in [(Engine::Kafka, "9092"), (Engine::Smtp, "25")] {
            let place = dir.path().join(engine.name());
            fs::create_dir(&place).unwrap();
            fs::write(place.join("port"), port).unwrap();
        }
        let expected = format!(
            "[backends]\nbus = \"kafka://127.0.0.1:9092\"\nmail = \"smtp://127.0.0.1:25\"\n\n\
             [backends.smtp]\nca_file = \"{}/smtp/certificate.pem\"\n",
            dir.path().display()
        );
        let config = prepared.config();
        assert!(config.starts_with('#') && config.ends_with(&expected), "{config}");
    }
}
