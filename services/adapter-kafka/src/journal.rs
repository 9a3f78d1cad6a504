//! What librdkafka says, in our log.

mod repeats;

use crate::error::of_code;
use crate::metrics::Meter;
use parking_lot::Mutex;
use rdkafka::Statistics;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel as Level;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use repeats::Repeats;
use std::time::Instant;
use watchkeeper_ports::PortError;

/// Writes what a client says into our log, and keeps what it last complained of.
pub(crate) struct Journal {
    client: String,
    meter: Option<Meter>,
    repeats: Mutex<Repeats>,
    trouble: Mutex<Option<Trouble>>,
}

/// Why a client cannot do its work.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    error: KafkaError,
    reason: String,
}

impl Journal {
    /// Of a client that an operator knows by that name.
    pub(crate) fn of(client: impl Into<String>) -> Self {
        Self { client: client.into(), meter: None, repeats: Mutex::default(), trouble: Mutex::default() }
    }

    /// Likewise, of one that tells how it is getting on.
    pub(crate) fn with_meter(client: impl Into<String>, meter: Meter) -> Self {
        Self { meter: Some(meter), ..Self::of(client) }
    }

    /// What an answer that did not come in time means, seen together with what the client has last complained of:
    /// that says why, and whether waiting helps.
    pub(crate) fn explain(&self, error: PortError) -> PortError {
        let trouble = self.trouble.lock().clone();
        match (error, trouble) {
            (PortError::Unavailable { reason, .. }, Some(Trouble { error, reason: why })) => {
                of_code(error.rdkafka_error_code(), format!("{reason}; {error}: {why}"))
            }
            (other, _) => other,
        }
    }

    /// All is well again.
    pub(crate) fn forget_trouble(&self) {
        self.trouble.lock().take();
    }

    fn write(&self, level: Level, facility: &str, text: &str) {
        let kept = self.repeats.lock().admit(facility, text, Instant::now());
        let Some(left_out) = kept else { return };
        let client = self.client.as_str();
        match level {
            Level::Emerg | Level::Alert | Level::Critical => {
                tracing::error!(client, facility, left_out, "librdkafka: {text}");
            }
            // It calls every connection that is lost an error, and then makes a new one.
            Level::Error | Level::Warning => {
                tracing::warn!(client, facility, left_out, "librdkafka: {text}");
            }
            Level::Notice | Level::Info => tracing::info!(client, facility, left_out, "librdkafka: {text}"),
            Level::Debug => tracing::debug!(client, facility, left_out, "librdkafka: {text}"),
        }
    }
}

impl ClientContext for Journal {
    fn log(&self, level: Level, facility: &str, text: &str) {
        // All settings are passed on to all clients, and some concern only one kind.
        let level = if facility == "CONFWARN" { Level::Debug } else { level };
        self.write(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        // That all brokers are away follows from why each is.
        if code == Some(Code::AllBrokersDown) {
            return;
        }
        let trouble = Trouble { error, reason: reason.to_owned() };
        *self.trouble.lock() = Some(trouble);
        // A connection that fails is in the log already, in the same words.
        if !matches!(code, Some(Code::BrokerTransportFailure | Code::Resolve)) {
            self.write(Level::Warning, "ERROR", reason);
        }
    }

    fn stats(&self, statistics: Statistics) {
        if let Some(meter) = &self.meter {
            meter.take(&statistics);
        }
    }
}

impl ConsumerContext for Journal {}
