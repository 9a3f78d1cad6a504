//! What librdkafka says, in our log.

mod repeats;

use crate::statistics::Figures;
use rdkafka::Statistics;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel as Level;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use repeats::Repeats;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Writes what a client says into our log, and keeps what it last complained of.
pub(crate) struct Journal {
    client: String,
    figures: Option<Arc<Figures>>,
    repeats: Mutex<Repeats>,
    trouble: Mutex<Option<String>>,
}

impl Journal {
    /// Of a client that an operator knows by that name.
    pub(crate) fn of(client: impl Into<String>) -> Self {
        Self { client: client.into(), figures: None, repeats: Mutex::default(), trouble: Mutex::default() }
    }

    /// Likewise, of one that tells its figures.
    pub(crate) fn with_figures(client: impl Into<String>, figures: Arc<Figures>) -> Self {
        Self { figures: Some(figures), ..Self::of(client) }
    }

    /// What the client has last complained of.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All is well again.
    pub(crate) fn forget_trouble(&self) {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn write(&self, level: Level, facility: &str, text: &str) {
        let kept =
            self.repeats.lock().unwrap_or_else(PoisonError::into_inner).admit(facility, text, Instant::now());
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
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error}: {reason}"));
        // A connection that fails is in the log already, in the same words.
        let code = error.rdkafka_error_code();
        if !matches!(code, Some(Code::BrokerTransportFailure | Code::Resolve)) {
            self.write(Level::Warning, "ERROR", reason);
        }
    }

    fn stats(&self, statistics: Statistics) {
        if let Some(figures) = &self.figures {
            figures.take(&statistics);
        }
    }
}

impl ConsumerContext for Journal {}
