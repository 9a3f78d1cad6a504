//! Logs: to journald with fields when systemd started the process, else to the terminal.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::os::unix::fs::MetadataExt as _;
use std::str::FromStr;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, reload};

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// Only what an operator must act on.
    Error,
    /// What may need one.
    Warn,
    /// What happens now and then: starts, stops, a dependency lost and found.
    #[default]
    Info,
    /// What each batch does.
    Debug,
    /// Everything, the libraries' own included.
    Trace,
}

/// A text that names no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of error, warn, info, debug, trace")]
pub struct UnknownLogLevel;

impl FromStr for LogLevel {
    type Err = UnknownLogLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLogLevel> {
        Ok(match text {
            "error" => Self::Error,
            "warn" => Self::Warn,
            "info" => Self::Info,
            "debug" => Self::Debug,
            "trace" => Self::Trace,
            _ => return Err(UnknownLogLevel),
        })
    }
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Trace => Self::TRACE,
        }
    }
}

/// Changes the level of a running process.
#[derive(Clone)]
pub struct LogControl(reload::Handle<LevelFilter, Registry>);

impl LogControl {
    /// Logs at `level` from now on.
    pub fn set(&self, level: LogLevel) {
        if let Err(error) = self.0.reload(LevelFilter::from(level)) {
            tracing::warn!(%error, "cannot change the log level");
        }
    }
}

/// Starts logging, once in a process.
///
/// # Errors
/// When the journal's socket cannot be reached although systemd says that it is there.
pub fn start_logging(level: LogLevel) -> io::Result<LogControl> {
    let (level, handle) = reload::Layer::new(LevelFilter::from(level));
    let output = if stderr_is_the_journal() {
        tracing_journald::layer()?.with_field_prefix(None).boxed()
    } else {
        let is_terminal = io::stderr().is_terminal();
        tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(is_terminal)
            .with_target(false)
            .boxed()
    };
    tracing_subscriber::registry().with(level).with(output).init();
    Ok(LogControl(handle))
}

/// systemd names the journal's stream in `$JOURNAL_STREAM`; it is ours only while it still is stderr
/// (`systemd.exec(5)`).
fn stderr_is_the_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", stderr.dev(), stderr.ino())
}
