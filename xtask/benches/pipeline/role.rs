//! A role in its own process, as it is shipped.

use crate::process;
use anyhow::{Context as _, bail, ensure};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running role, which is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    metrics: String,
    name: &'static str,
}

impl Running {
    /// Starts the role with this configuration, to which its address is added; its files are in `dir`.
    pub(crate) fn start(
        executable: &Path,
        name: &'static str,
        configuration: &str,
        dir: &Path,
    ) -> anyhow::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let file = dir.join("watchkeeper.toml");
        fs::write(&file, format!("{configuration}[listen]\n{name} = \"127.0.0.1:{port}\"\n"))?;
        let mut command = Command::new(executable);
        command.args(["run", name, "--config"]).arg(file).env("STATE_DIRECTORY", dir);
        let child =
            command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot start the {name}"))?;
        Ok(Self { child, metrics: format!("http://127.0.0.1:{port}/metrics"), name })
    }

    /// Its `/metrics`; `None` while it does not listen yet.
    pub(crate) fn metrics(&mut self) -> anyhow::Result<Option<Metrics>> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the {} has ended: {status}", self.name);
        }
        let Ok(mut answer) = ureq::get(&self.metrics).call() else { return Ok(None) };
        Ok(Some(Metrics(answer.body_mut().read_to_string()?)))
    }

    pub(crate) fn cpu_time(&self) -> anyhow::Result<Duration> {
        process::cpu_time(self.child.id())
    }

    pub(crate) fn peak_bytes(&self) -> anyhow::Result<u64> {
        process::peak_bytes(self.child.id())
    }

    /// Stops it, so that it leaves its group and the next one need not wait for that.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the {} has ended: {status}", self.name);
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text of `/metrics`.
pub(crate) struct Metrics(String);

impl Metrics {
    /// The value of a metric with these labels, `name{label="value"}`; 0 if it does not exist yet.
    pub(crate) fn value(&self, name: &str) -> f64 {
        let value = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
        self.0.lines().find_map(value).unwrap_or_default()
    }
}
