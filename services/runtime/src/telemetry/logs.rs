//! Logs: to journald with fields when systemd started the process, else to the terminal.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::os::unix::fs::MetadataExt as _;
use std::str::FromStr;
use tracing_subscriber::filter::{LevelFilter, Targets};
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
    /// Everything, the libraries' own included, of which the other levels show warnings and errors only.
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

/// What the targets of this project's own crates begin with.
const OWN_TARGETS: &str = "watchkeeper";

/// What is logged at `level`.
fn filter(level: LogLevel) -> Targets {
    let own = LevelFilter::from(level);
    let libraries = if level == LogLevel::Trace { own } else { own.min(LevelFilter::WARN) };
    Targets::new().with_default(libraries).with_target(OWN_TARGETS, own)
}

/// Changes the level of a running process.
#[derive(Clone)]
pub struct LogControl(reload::Handle<Targets, Registry>);

impl LogControl {
    /// Logs at `level` from now on.
    pub fn set(&self, level: LogLevel) {
        if let Err(error) = self.0.reload(filter(level)) {
            tracing::warn!(%error, "cannot change the log level");
        }
    }
}

/// Starts logging, once in a process.
///
/// # Errors
/// When the journal's socket cannot be reached although systemd says that it is there.
pub fn start_logging(level: LogLevel) -> io::Result<LogControl> {
    let (filter, handle) = reload::Layer::new(filter(level));
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
    tracing_subscriber::registry().with(filter).with(output).init();
    Ok(LogControl(handle))
}

/// systemd names the journal's stream in `$JOURNAL_STREAM`; it is ours only while it still is stderr
/// (`systemd.exec(5)`).
fn stderr_is_the_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", stderr.dev(), stderr.ino())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn libraries_show_warnings_only_except_at_the_last_level() {
        let own = ["watchkeeper", "watchkeeper_ingest::run", "watchkeeper_adapter_embedded"];
        for (level, shown, libraries) in [
            (LogLevel::Error, Level::ERROR, Level::ERROR),
            (LogLevel::Info, Level::INFO, Level::WARN),
            (LogLevel::Debug, Level::DEBUG, Level::WARN),
            (LogLevel::Trace, Level::TRACE, Level::TRACE),
        ] {
            let filter = filter(level);
            let most = |target: &str| {
                let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
                levels.into_iter().find(|level| filter.would_enable(target, level)).unwrap()
            };
            assert_eq!(own.map(most), [shown; 3], "{level:?}");
            assert_eq!(most("h2::proto"), libraries, "{level:?}");
        }
    }
}
