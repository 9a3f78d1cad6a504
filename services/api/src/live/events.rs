//! Decodes live events.

use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Event, Timestamp, Violation};
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::{Place, Record, Topic};
use watchkeeper_wire::event::EventDecoder;
use watchkeeper_wire::{Decode, Decoded};

/// Decodes records of topic `events` for streams, as the processor does for the store: what a pipeline hides is not shown,
/// and what it drops does not come.
#[derive(Debug)]
pub(crate) struct LiveEventDecoder(Reloadable<PipelineSet>);

impl LiveEventDecoder {
    pub(crate) const fn new(pipelines: Reloadable<PipelineSet>) -> Self {
        Self(pipelines)
    }
}

impl Decode for LiveEventDecoder {
    type Item = Event;

    const TOPIC: Topic = EventDecoder::TOPIC;
    const ITEMS: &'static str = EventDecoder::ITEMS;

    fn decode_record(&mut self, record: Record<'_>, place: Place<'_>) -> Result<Decoded<Event>, Violation> {
        let Decoded::Item(event) = EventDecoder.decode_record(record, place)? else {
            return Ok(Decoded::Tombstone);
        };
        let processed = self.0.current().process(event).processed;
        Ok(if processed.is_stored { Decoded::Item(processed.event) } else { Decoded::Tombstone })
    }

    fn instant(event: &Event) -> Timestamp {
        EventDecoder::instant(event)
    }
}
