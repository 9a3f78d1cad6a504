//! Decodes records to processed events.

use crate::config::Format;
use crate::deferral::Deferral;
use crate::metrics::ProcessorMetrics;
use jiff::tz::TimeZone;
use serde_json::Value;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::event::{CHANGED, Draft, clean_text};
use watchkeeper_domain::{Event, Timestamp, Violation};
use watchkeeper_pipelines::{Outcome, PipelineSet, logfmt_fields};
use watchkeeper_ports::{Place, Processed, Record, Topic};
use watchkeeper_wire::event::{EventDecoder, arrived};
use watchkeeper_wire::syslog::read_syslog;
use watchkeeper_wire::{Decode, Decoded};

/// Decodes the records of any topic with events, and runs the pipelines.
#[derive(Clone)]
pub(crate) struct Processing {
    pub(crate) format: Format,
    pub(crate) pipelines: Reloadable<PipelineSet>,
    pub(crate) metrics: ProcessorMetrics,
    /// For the topics whose events may be deferred.
    pub(crate) deferral: Option<Deferral>,
}

impl Decode for Processing {
    type Item = Processed;

    const TOPIC: Topic = Topic::EVENTS;
    const ITEMS: &'static str = "events";

    fn decode_record(
        &mut self,
        record: Record<'_>,
        place: Place<'_>,
    ) -> Result<Decoded<Processed>, Violation> {
        Ok(match self.event(record, place)? {
            Decoded::Item(event) => Decoded::Item(self.process(event)),
            Decoded::Copy => Decoded::Copy,
            Decoded::Tombstone => Decoded::Tombstone,
        })
    }

    fn instant(processed: &Processed) -> Timestamp {
        processed.event.occurred_at
    }
}

impl Processing {
    fn event(&self, record: Record<'_>, place: Place<'_>) -> Result<Decoded<Event>, Violation> {
        if self.format == Format::Auto {
            return EventDecoder.decode_record(record, place);
        }
        let value = record.whole_value()?;
        if value.is_empty() {
            return Ok(Decoded::Tombstone);
        }
        arrived(draft(self.format, value, place.appended_at)?, place).map(Decoded::Item)
    }

    fn process(&self, event: Event) -> Processed {
        let pipelines = self.pipelines.current();
        // What is deferred is processed later, from what it is now.
        let original = self.deferral.as_ref().filter(|deferral| deferral.is_on()).map(|_| event.clone());
        let Outcome { processed, failed } = pipelines.process(event);
        if let Some((event, deferral)) = original.zip(self.deferral.as_ref())
            && processed.is_stored
            && deferral.defers(processed.event.level)
        {
            return Deferral::deferred(event);
        }
        for step in failed {
            self.metrics.failed_steps.with_label_values(&[step.as_str()]).inc();
        }
        if !processed.is_stored {
            self.metrics.not_stored.inc();
        }
        processed
    }
}

/// What another program has written, in a format that was declared.
fn draft(format: Format, value: &[u8], arrived_at: Timestamp) -> Result<Draft, Violation> {
    let cleaned = clean_text(value);
    let text = cleaned.text.trim_end_matches(['\r', '\n']);
    let mut draft = match format {
        Format::Json => match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Draft::of_object(fields),
            Ok(_) => return Err(Violation::new("event", "must be a JSON object")),
            Err(error) => return Err(Violation::new("event", format!("is not valid JSON: {error}"))),
        },
        Format::Syslog => return Ok(read_syslog(value, arrived_at, &TimeZone::UTC)),
        Format::Logfmt => logfmt_fields(text).map_or_else(|| Draft::of_line(text), Draft::of_object),
        Format::Auto | Format::Line => Draft::of_line(text),
    };
    if cleaned.is_changed {
        draft.marks.push(CHANGED);
    }
    Ok(draft)
}
