//! Logs and metrics of the process itself.

mod logs;
mod metrics;

pub use logs::{LogControl, LogLevel, UnknownLogLevel, role_span, start_logging, stderr_is_the_journal};
pub use metrics::{register, registry};
