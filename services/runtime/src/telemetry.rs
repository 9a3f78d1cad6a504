//! Logs and metrics of the process itself.

mod logs;
mod metrics;

pub use logs::{LogControl, LogLevel, UnknownLogLevel, start_logging};
pub use metrics::{register, registry};
