//! Writes librdkafka's log lines to our log.

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

/// The facilities of lines about connections that end, requests and sessions of a group that time out with them, and the
/// first request of a producer, which librdkafka makes again.
const OF_CONNECTIONS: [&str; 4] = ["FAIL", "REQTMOUT", "SESSTMOUT", "GETPID"];

/// Writes a client's log lines to our log, and keeps its last error.
pub(crate) struct ClientLog {
    client: String,
    meter: Option<Meter>,
    repeats: Mutex<Repeats>,
    trouble: Mutex<Option<Trouble>>,
}

/// Why a client does not work.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    error: KafkaError,
    reason: String,
}

impl ClientLog {
    /// For the client that operators know by this name.
    pub(crate) fn of(client: impl Into<String>) -> Self {
        Self { client: client.into(), meter: None, repeats: Mutex::default(), trouble: Mutex::default() }
    }

    /// The same, for a client that reports statistics.
    pub(crate) fn with_meter(client: impl Into<String>, meter: Meter) -> Self {
        Self { meter: Some(meter), ..Self::of(client) }
    }

    /// Interprets a timeout in the light of the client's last error, which says why, and whether waiting
    /// helps.
    pub(crate) fn explain(&self, error: PortError) -> PortError {
        let trouble = self.trouble.lock().clone();
        match (error, trouble) {
            (PortError::Unavailable { reason, .. }, Some(Trouble { error, reason: why })) => {
                of_code(error.rdkafka_error_code(), format!("{reason}; {error}: {why}"))
            }
            (other, _) => other,
        }
    }

    /// Forgets the last error.
    pub(crate) fn forget_trouble(&self) {
        self.trouble.lock().take();
    }

    fn write(&self, level: Level, facility: &str, text: &str) {
        let kept = self.repeats.lock().admit(facility, text, Instant::now());
        let Some(left_out) = kept else { return };
        let kafka_client = self.client.as_str();
        match level {
            Level::Emerg | Level::Alert | Level::Critical => {
                tracing::error!(kafka_client, facility, left_out, "librdkafka: {text}");
            }
            // librdkafka logs every lost connection several times, and then reconnects. While there is none, the
            // dependency says so, with the reason.
            Level::Error | Level::Warning | Level::Notice | Level::Info
                if OF_CONNECTIONS.contains(&facility) =>
            {
                tracing::debug!(kafka_client, facility, left_out, "librdkafka: {text}");
            }
            Level::Error | Level::Warning => {
                tracing::warn!(kafka_client, facility, left_out, "librdkafka: {text}");
            }
            Level::Notice | Level::Info => {
                tracing::info!(kafka_client, facility, left_out, "librdkafka: {text}");
            }
            Level::Debug => tracing::debug!(kafka_client, facility, left_out, "librdkafka: {text}"),
        }
    }
}

impl ClientContext for ClientLog {
    fn log(&self, level: Level, facility: &str, text: &str) {
        // Every client gets all settings, and some are for one kind of client only.
        let level = if facility == "CONFWARN" { Level::Debug } else { level };
        self.write(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        // That all brokers are down follows from why each of them is.
        if code == Some(Code::AllBrokersDown) {
            return;
        }
        let trouble = Trouble { error, reason: reason.to_owned() };
        *self.trouble.lock() = Some(trouble);
        // A failed connection is already in the log, with the same text.
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

impl ConsumerContext for ClientLog {}
