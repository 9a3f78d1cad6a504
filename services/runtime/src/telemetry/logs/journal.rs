//! The journal: fields for programs, and the same fields in the message for people, as `journalctl` shows only the
//! message.

use std::fmt::{self, Write as _};
use tracing::field::{Field, Value, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use watchkeeper_domain::text;

/// Most fields of a line; the macros of `tracing` take no more.
const MAX_FIELDS: usize = 32;

/// Sends lines by `tracing-journald`, with their fields in the message.
pub(super) struct Journal(pub(super) tracing_journald::Layer);

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Journal {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.0.on_record(id, values, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Shown::default();
        event.record(&mut line);
        let Some((first, _)) = line.fields.first() else {
            self.0.on_event(event, context);
            return;
        };
        let mut values: [(&Field, Option<&dyn Value>); MAX_FIELDS] = [(first, None); MAX_FIELDS];
        let message = line.message();
        for (slot, (field, value)) in values.iter_mut().zip(&line.fields) {
            let value = if field.name() == MESSAGE { &message } else { value };
            *slot = (field, Some(value));
        }
        // The library has no call for a line that did not come from its macros, so this is the call that they make.
        let values = event.metadata().fields().value_set(&values);
        self.0.on_event(&Event::new(event.metadata(), &values), context);
    }
}

const MESSAGE: &str = "message";

/// The fields of a line, as text.
#[derive(Default)]
struct Shown {
    fields: Vec<(Field, String)>,
}

impl Shown {
    /// `target is down target_name=uptime/shop error="connection refused"`
    fn message(&self) -> String {
        let of_message = |(field, _): &&(Field, String)| field.name() == MESSAGE;
        let mut message =
            self.fields.iter().find(of_message).map(|(_, text)| text.clone()).unwrap_or_default();
        for (field, value) in self.fields.iter().filter(|field| !of_message(field)) {
            let value = text::line(value);
            let value = if value.contains(' ') { format!("{value:?}") } else { value.into_owned() };
            let _ = write!(message, " {field}={value}");
        }
        message
    }
}

impl Visit for Shown {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.clone(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.push((field.clone(), format!("{value:?}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt as _;

    /// Keeps the messages of lines.
    #[derive(Clone, Default)]
    struct Messages(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Messages {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            let mut line = Shown::default();
            event.record(&mut line);
            self.0.lock().unwrap().push(line.message());
        }
    }

    #[test]
    fn whoever_reads_only_messages_sees_the_fields_too() {
        let messages = Messages::default();
        tracing::subscriber::with_default(Registry::default().with(messages.clone()), || {
            tracing::warn!(target_name = "uptime/shop", error = "connection refused", "target is down");
            tracing::info!(duration_ms = 12, "{} is available again", "Kafka at k1:9092");
            tracing::info!("stopped");
            tracing::warn!(error = "a\nb\u{1b}", retry = None::<u64>, "failed");
        });
        let expected = [
            "target is down target_name=uptime/shop error=\"connection refused\"",
            "Kafka at k1:9092 is available again duration_ms=12",
            "stopped",
            "failed error=\"a b\\\\u{1b}\"",
        ];
        assert_eq!(*messages.0.lock().unwrap(), expected);
    }
}
