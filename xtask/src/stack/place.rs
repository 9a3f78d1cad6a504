//! The directory of an engine.

use super::engine::Engine;
use anyhow::Context as _;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

/// The directory of one engine.
#[derive(Clone, Debug)]
pub(super) struct Place {
    dir: PathBuf,
}

impl Place {
    pub(super) fn of(stack: &Path, engine: Engine) -> Self {
        Self { dir: stack.join(engine.name()) }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    pub(super) fn pid(&self) -> PathBuf {
        self.dir.join("pid")
    }

    /// The assigned port; 0 if there is none yet.
    pub(super) fn port(&self) -> u16 {
        self.port_for("port")
    }

    /// The assigned port of this name; 0 if there is none yet.
    pub(super) fn port_for(&self, name: &str) -> u16 {
        fs::read_to_string(self.dir.join(name)).ok().and_then(|port| port.trim().parse().ok()).unwrap_or(0)
    }

    /// Creates the directory and assigns free ports, which are reserved until the listeners are dropped. An assigned
    /// port is reused if it is free, so that a restarted engine keeps its address.
    pub(super) fn prepare(&self, names: &[&str]) -> anyhow::Result<Vec<TcpListener>> {
        fs::create_dir_all(&self.dir).with_context(|| self.dir.display().to_string())?;
        let mut taken = Vec::new();
        for name in names {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port_for(name)))
                .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
                .context("no free port on loopback")?;
            fs::write(self.dir.join(name), listener.local_addr()?.port().to_string())?;
            taken.push(listener);
        }
        Ok(taken)
    }
}
