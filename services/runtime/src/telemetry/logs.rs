//! Logs: to journald with fields when systemd started the process, else to the terminal. `docs/logs.md` lists the fields.

mod journal;
mod line;

use journal::Journal;
use line::Line;
use std::fmt;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::os::unix::fs::MetadataExt as _;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::Span;
use tracing::field::Field;
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{self, Writer};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, reload};
use watchkeeper_domain::text;

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// Only what an operator must act on.
    Error,
    /// What an operator may have to act on.
    Warn,
    /// Rare events: starts, stops, a dependency that becomes unavailable or available again.
    #[default]
    Info,
    /// What each batch does.
    Debug,
    /// Everything, including the libraries, of which the other levels show warnings and errors only.
    Trace,
}

/// Not the name of a level.
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

/// Prefix of the targets of this project's crates.
const OWN_TARGETS: &str = "watchkeeper";
/// The pool of connections to PostgreSQL warns of every connection that ends, twice; the dependency says it once, with
/// the reason.
const POOL: &str = "deadpool";

/// What is logged at `level`.
fn filter(level: LogLevel) -> Targets {
    let own = LevelFilter::from(level);
    let libraries = if level == LogLevel::Trace { own } else { own.min(LevelFilter::WARN) };
    let pool = libraries.min(if level == LogLevel::Trace { own } else { LevelFilter::ERROR });
    Targets::new().with_default(libraries).with_target(OWN_TARGETS, own).with_target(POOL, pool)
}

/// Whether each line has the role anyway, so that its span says nothing new. Not a filter of the output: `tracing` loses
/// the line after a span that a filter of one layer has disabled.
static HAS_ONE_ROLE: AtomicBool = AtomicBool::new(false);

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

/// The priorities of `syslog(3)` with the same names; `tracing-journald` calls an info a notice.
const PRIORITIES: PriorityMappings = PriorityMappings {
    error: Priority::Error,
    warn: Priority::Warning,
    info: Priority::Informational,
    debug: Priority::Debug,
    trace: Priority::Debug,
};

/// Starts logging, once in a process. In a process that runs one role, every line is of that role, also those of threads
/// of libraries; otherwise the lines of a task are of the role in whose [`role_span`] it runs.
///
/// # Errors
/// When the journal's socket cannot be reached although systemd announces it.
pub fn start_logging(level: LogLevel, only_role: Option<&'static str>) -> io::Result<LogControl> {
    let (filter, handle) = reload::Layer::new(filter(level));
    let output = if stderr_is_the_journal() {
        let library = tracing_journald::layer()?
            .with_field_prefix(None)
            .with_priority_mappings(PRIORITIES)
            .with_custom_fields(only_role.map(|role| ("ROLE", role)));
        Journal(library).boxed()
    } else {
        let is_terminal = io::stderr().is_terminal();
        tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(is_terminal)
            .fmt_fields(plain_fields())
            .event_format(Line)
            .boxed()
    };
    HAS_ONE_ROLE.store(only_role.is_some(), Ordering::Relaxed);
    tracing_subscriber::registry().with(filter).with(output).init();
    Ok(LogControl(handle))
}

/// What a task logs in this span is of `role`.
#[must_use]
pub fn role_span(role: &'static str) -> Span {
    if HAS_ONE_ROLE.load(Ordering::Relaxed) {
        return Span::none();
    }
    // Of the highest level, so that no level disables it; without a parent, so that a line is of one role.
    tracing::error_span!(parent: None, "role", role)
}

/// Formats fields as the library does, but makes text from others safe to show ([`text`]). Further lines of a field
/// are indented, so that none looks like a log record of its own.
fn plain_fields() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    let field = |writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| {
        let value = format!("{value:?}");
        let value = text::lines(&value).replace('\n', "\n    ");
        match (field.name(), writer.has_ansi_escapes()) {
            ("message", _) => write!(writer, "{value}"),
            (name, true) => write!(writer, "\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m{value}"),
            (name, false) => write!(writer, "{name}={value}"),
        }
    };
    format::debug_fn(field).delimited(" ")
}

/// Whether stderr is the journal. systemd names the journal's stream in `$JOURNAL_STREAM`; it is ours only while it still is stderr
/// (`systemd.exec(5)`).
#[must_use]
pub fn stderr_is_the_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", stderr.dev(), stderr.ino())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
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
            assert_eq!(most("deadpool.postgres") == Level::ERROR, level != LogLevel::Trace, "{level:?}");
        }
    }

    /// Where a test's log goes.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_others_have_sent_is_written_out_and_makes_no_line_of_its_own() {
        let written = Written::default();
        let writer = written.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .fmt_fields(plain_fields())
            .event_format(Line);
        let evil = "a\u{202e}b\u{1b}[2J\n ERROR all is lost\u{2028}c";
        tracing::subscriber::with_default(Registry::default().with(layer), || {
            let _role = role_span("persister").entered();
            tracing::warn!(reason = evil, shown = %evil, count = 2, "rejected: {evil}");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let plain = "a\\u{202e}b\\u{1b}[2J\n     ERROR all is lost\n    c";
        let quoted = r#""a\u{202e}b\u{1b}[2J\n ERROR all is lost\u{2028}c""#;
        let (_, text) = text.split_once(' ').unwrap();
        let shown =
            format!(" WARN rejected: {plain} reason={quoted} shown={plain} count=2 role=\"persister\"\n");
        assert_eq!(text, shown);
    }
}
