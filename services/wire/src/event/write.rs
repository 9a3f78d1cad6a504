//! Writes events.

use serde::Serialize;
use std::io::Write as _;
use watchkeeper_domain::Event;
use watchkeeper_domain::event::Fields;
use watchkeeper_ports::BatchBuilder;

#[derive(Serialize)]
struct Written<'e> {
    #[serde(rename = "@id")]
    id: String,
    time: String,
    level: &'static str,
    service: &'e str,
    host: &'e str,
    message: &'e str,
    fields: &'e Fields,
}

/// Adds the record of an event to a batch.
pub fn push_event(batch: &mut BatchBuilder, event: &Event) {
    let mut key = Vec::with_capacity(event.host.len() + 1 + event.service.len());
    write_event_key(&mut key, event);
    batch.push_written(&key, |out| write_event(out, event));
}

/// Writes the key of an event: host and service.
pub fn write_event_key(out: &mut Vec<u8>, event: &Event) {
    // Into memory, which does not fail.
    let _ = write!(out, "{}/{}", event.host, event.service);
}

fn write_event(out: &mut Vec<u8>, event: &Event) {
    let written = Written {
        id: event.id.to_string(),
        time: event.occurred_at.to_string(),
        level: event.level.name(),
        service: &event.service,
        host: &event.host,
        message: &event.message,
        fields: &event.fields,
    };
    serde_json::to_writer(out, &written).expect("texts and JSON values are JSON");
}
