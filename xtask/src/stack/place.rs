//! Where one engine keeps its things.

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

    /// The port it was given; 0 if it was never started.
    pub(super) fn port(&self) -> u16 {
        self.port_for("port")
    }

    /// A port for something besides what clients use.
    pub(super) fn port_for(&self, name: &str) -> u16 {
        fs::read_to_string(self.dir.join(name)).ok().and_then(|port| port.trim().parse().ok()).unwrap_or(0)
    }

    /// Makes the directory, and finds free ports, which are taken until the listeners are dropped. One that was
    /// given before is kept while it is free, so that an engine that is started again is found where it was.
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
