//! A `watchkeeper up` that is measured.

use anyhow::{Context as _, bail};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running `up`; dropped, it is killed.
pub(super) struct Running {
    child: Child,
    url: String,
    /// From its start to the line that says it is ready.
    pub(super) start: Duration,
}

impl Running {
    /// Starts `up` on free ports and waits until it says that it is ready.
    pub(super) fn start(executable: &Path, data_dir: &Path) -> anyhow::Result<Self> {
        let started = Instant::now();
        let mut child = Command::new(executable)
            .args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", executable.display()))?;
        let output = child.stdout.take().context("it has a stdout")?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://")) {
                let url = url.trim_end_matches('/').to_owned();
                return Ok(Self { child, url, start: started.elapsed() });
            }
        }
        bail!("it ended before it was ready")
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The sum of a metric over its labels.
    pub(super) fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let text = ureq::get(self.url("/metrics")).call()?.body_mut().read_to_string()?;
        let ours = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']));
        let value = |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
        Ok(text.lines().filter(ours).filter_map(value).sum())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
