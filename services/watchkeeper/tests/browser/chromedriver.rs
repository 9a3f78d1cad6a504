//! Starts chromedriver.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running chromedriver on its own port; killed on drop.
pub(crate) struct Chromedriver {
    child: Child,
    pub(crate) url: String,
    /// Kept open: chromedriver exits when its output is closed.
    _stdout: BufReader<ChildStdout>,
}

impl Chromedriver {
    /// Starts it and waits until it prints its port. Temporary files of it and of the browser go to `scratch`.
    pub(crate) fn start(scratch: &Path) -> Self {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").env("TMPDIR", scratch).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("chromedriver is on PATH: cargo xtask test provides it");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let port = loop {
            let mut line = String::new();
            assert_ne!(stdout.read_line(&mut line).expect("stdout is text"), 0, "chromedriver ended");
            if let Some((_, port)) = line.trim_end_matches(['.', '\n']).split_once("successfully on port ") {
                break port.to_owned();
            }
        };
        Self { child, url: format!("http://127.0.0.1:{port}"), _stdout: stdout }
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
