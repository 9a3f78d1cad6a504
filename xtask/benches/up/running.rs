//! The `watchkeeper up` under test.

use anyhow::{Context as _, bail};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A running `up`, which is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    url: String,
    /// The time from start until it prints that it is ready.
    pub(crate) start: Duration,
}

impl Running {
    /// Starts `up` by `program` (the executable, or a wrapper) on free ports with this configuration, and waits until
    /// it is ready.
    pub(crate) fn start(mut program: Command, data_dir: &Path, config: &str) -> anyhow::Result<Self> {
        fs::create_dir_all(data_dir)?;
        let file = data_dir.join("watchkeeper.toml");
        fs::write(&file, config)?;
        program.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--config"]).arg(file);
        program.arg("--data-dir").arg(data_dir);

        let started = Instant::now();
        let mut child = program
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {program:?}"))?;
        let output = child.stdout.take().context("it has a stdout")?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://")) {
                let url = url.trim_end_matches('/').to_owned();
                return Ok(Self { child, url, start: started.elapsed() });
            }
        }
        bail!("`up` exited before it was ready")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The text of `/metrics`.
    pub(crate) fn metrics(&self) -> anyhow::Result<String> {
        Ok(ureq::get(self.url("/metrics")).call()?.body_mut().read_to_string()?)
    }

    /// The sum of a metric over its labels.
    pub(crate) fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let text = self.metrics()?;
        let ours = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']));
        let value = |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
        Ok(text.lines().filter(ours).filter_map(value).sum())
    }

    /// Its resident memory, in MiB.
    pub(crate) fn resident(&self) -> anyhow::Result<f64> {
        Ok(self.metric("process_resident_memory_bytes")? / f64::from(1 << 20))
    }

    /// Polls until `is_so` returns true.
    pub(crate) fn wait(
        &self,
        look_every: Duration,
        mut is_so: impl FnMut(&Self) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        while !is_so(self)? {
            #[expect(
                clippy::disallowed_methods,
                reason = "polling without a pause would slow down what is measured"
            )]
            thread::sleep(look_every);
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
