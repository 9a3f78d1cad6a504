//! Events as a kind of record.

mod json;
mod pieces;
mod twins;

use crate::answer::too_large_as_records;
use crate::config::IngestConfig;
use crate::decode::{Decoded, Decoder};
use crate::kind::{Kind, NoRoom, Retention, Sender};
use parking_lot::Mutex;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;
use twins::Twins;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::event::{Draft, EventIds};
use watchkeeper_domain::{Timestamp, Violation, limits};
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::Topic;
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::body::BodyFormat;
use watchkeeper_wire::event::push_event;

/// How many times the largest body its records may have in bytes: labels that are sent once are in each record.
pub(crate) const RECORDS_PER_BODY: usize = 4;

/// Events, whatever the format in which they are sent. One without a time gets its time of arrival. One without an id gets one
/// in order of arrival, or of its content, if its protocol's clients send it again when there was no answer.
pub(crate) struct Events {
    retention: Retention,
    pipelines: Reloadable<PipelineSet>,
    ids: Mutex<EventIds>,
}

impl Events {
    /// Refuses what is older than `retention`, and hides what `pipelines` say.
    pub(crate) fn new(retention: Retention, pipelines: Reloadable<PipelineSet>) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "any 32 bits tell processes apart")]
        let process = RandomState::new().hash_one(()) as u32;
        Self { retention, pipelines, ids: Mutex::new(EventIds::new(process)) }
    }

    /// Takes the events of a body that arrived at `now`.
    pub(crate) fn arriving(&self, config: &IngestConfig, now: Timestamp) -> Arriving<'_> {
        let most = config.max_decompressed.saturating_mul(RECORDS_PER_BODY);
        Arriving {
            events: self,
            now,
            retention: (self.retention)(),
            pipelines: self.pipelines.current(),
            decoder: Decoder::default(),
            twins: Twins::default(),
            bytes: 0,
            most,
        }
    }
}

impl Kind for Events {
    const TOPIC: Topic = Topic::EVENTS;
    const ITEM: &'static str = "event";
    const AN_ITEM: &'static str = "an event";
    const NO_ROOM: Option<NoRoom> = None;

    fn decode(
        &self,
        _: &Sender,
        body: &[u8],
        format: BodyFormat,
        config: &IngestConfig,
        now: Timestamp,
    ) -> Result<Decoded, Problem> {
        json::decode(self, body, format, config, now)
    }
}

/// The events of one body on their way to records.
pub(crate) struct Arriving<'e> {
    events: &'e Events,
    now: Timestamp,
    retention: Duration,
    pipelines: Arc<PipelineSet>,
    decoder: Decoder,
    twins: Twins,
    /// Of all records so far.
    bytes: usize,
    /// What they may have together.
    most: usize,
}

impl Arriving<'_> {
    /// Takes the item with this index, or notes why it is refused, and where it is, if its index is not enough: ` (line 3)`.
    /// Takes no more once the records have too many bytes.
    pub(crate) fn take(&mut self, index: usize, draft: Result<Draft, Violation>, place: impl fmt::Display) {
        if self.bytes > self.most {
            return;
        }
        let read = draft.and_then(|draft| self.push(draft));
        let read = read
            .map_err(|Violation { field, reason }| Violation { field, reason: format!("{reason}{place}") });
        self.decoder.note(index, read.map_err(Into::into));
    }

    /// Notes an item that is a part of an event which another item completes.
    pub(crate) fn take_piece(&mut self) {
        self.decoder.note(0, Ok(()));
    }

    /// Takes an event that no item completes; the item with this index is the last of the body.
    pub(crate) fn take_rest(&mut self, index: usize, draft: Draft) {
        if self.bytes <= self.most
            && let Err(violation) = self.push(draft)
        {
            self.decoder.note(index, Err(violation.into()));
        }
    }

    fn push(&mut self, draft: Draft) -> Result<(), Violation> {
        if let Some(at) = draft.occurred_at {
            let in_time = limits::check_accepted(at, self.now, self.retention);
            in_time.map_err(|violation| Violation { field: "time".to_owned(), ..violation })?;
        }
        let nanos = draft.sent_again_at.filter(|_| draft.id.is_none() && draft.occurred_at.is_some());
        let mut event = draft.arrived(|| self.events.ids.lock().next(self.now), self.now)?;
        // Before anything is written: a secret is on no topic and in no dead letter.
        self.pipelines.redaction().apply(&mut event);
        if let Some(nanos) = nanos {
            event.id = self.twins.id(&event, nanos);
        }
        let batch = &mut self.decoder.batch;
        let before = batch.size_bytes();
        push_event(batch, &event);
        self.bytes += batch.size_bytes() - before;
        Ok(())
    }

    /// The outcome.
    ///
    /// # Errors
    /// 413 if the records have too many bytes.
    pub(crate) fn finish(self) -> Result<Decoded, Problem> {
        if self.bytes > self.most {
            return Err(too_large_as_records(self.most));
        }
        Ok(self.decoder.finish())
    }
}
