//! Decodes a body to the records to publish.

use crate::answer::{refused, too_large};
use crate::kind::{Kind, Refused};
use crate::refusals::{TOO_MANY_SERIES, reason_of};
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::mem;
use watchkeeper_domain::{Violation, limits};
use watchkeeper_ports::{BatchBuilder, RecordBatch};
use watchkeeper_runtime::http::{MAX_FIELD_ERRORS, Problem};
use watchkeeper_wire::body::BodyError;

/// Batch limit in bytes of keys and values: a fraction of what any bus accepts at once.
pub(crate) const BATCH_BYTES: usize = 16 << 20;
/// Batch limit in records, which have a cost of their own on the bus.
pub(crate) const BATCH_RECORDS: usize = 50_000;

/// The outcome of decoding a body.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    /// The records of the accepted items, in order; in batches of at most about [`BATCH_BYTES`], which a bus accepts
    /// whatever the limits on bodies are.
    pub(crate) batches: Vec<RecordBatch>,
    /// Accepted items. A duplicate of an earlier one is accepted, and has no record.
    pub(crate) accepted: usize,
    /// Refused items.
    pub(crate) refused: usize,
    /// Items refused because of a limit on series.
    pub(crate) without_room: usize,
    /// The first [`MAX_FIELD_ERRORS`] refused items: index from 0, and the reason.
    pub(crate) listed: Vec<(usize, Violation)>,
    /// The refused items by reason.
    pub(crate) reasons: BTreeMap<&'static str, usize>,
}

/// Refuses a body without any items.
///
/// # Errors
/// 400 with what may be sent.
pub(crate) fn refuse_empty<K: Kind>(body: &[u8]) -> Result<(), Problem> {
    if !body.trim_ascii().is_empty() {
        return Ok(());
    }
    let (an_item, item) = (K::AN_ITEM, K::ITEM);
    let reason = format!("is empty: send {an_item}, an array of {item}s, or one {item} per line");
    Err(refused(StatusCode::BAD_REQUEST, "body", reason))
}

/// Why the whole body is refused.
pub(crate) fn whole(error: BodyError) -> Problem {
    let reason = match error {
        BodyError::TooManyItems { limit } => return too_large("items", limit, "max_items"),
        BodyError::Syntax(error) => format!("is not valid JSON: {error}"),
        BodyError::Protobuf(error) => format!("is not valid protobuf: {error}"),
        BodyError::NotUtf8 { from_byte } => format!("is not UTF-8 from byte {from_byte} on"),
    };
    refused(StatusCode::BAD_REQUEST, "body", reason)
}

/// Collects the records of accepted items, and refusals.
#[derive(Default)]
pub(crate) struct Decoder {
    pub(crate) batch: BatchBuilder,
    decoded: Decoded,
}

impl Decoder {
    /// With room for this many records of so many bytes: growing a batch would copy it again and again.
    pub(crate) fn with_room(records: usize, bytes: usize) -> Self {
        let bytes = bytes.min(BATCH_BYTES + limits::MAX_KEY_BYTES);
        let batch = BatchBuilder::with_capacity(records.min(BATCH_RECORDS), bytes);
        Self { batch, decoded: Decoded::default() }
    }

    /// Notes whether an item is accepted; its record, if it has one, is in the batch.
    pub(crate) fn note(&mut self, index: usize, read: Result<(), Refused>) {
        match read {
            Ok(()) => self.decoded.accepted += 1,
            Err(Refused::Invalid(violation)) => self.refuse(index, reason_of(&violation.field), violation),
            Err(Refused::NoRoom(violation)) => {
                self.decoded.without_room += 1;
                self.refuse(index, TOO_MANY_SERIES, violation);
            }
        }
        if self.batch.size_bytes() >= BATCH_BYTES || self.batch.len() >= BATCH_RECORDS {
            self.close_batch();
        }
    }

    fn refuse(&mut self, index: usize, reason: &'static str, violation: Violation) {
        self.decoded.refused += 1;
        *self.decoded.reasons.entry(reason).or_default() += 1;
        if self.decoded.listed.len() < MAX_FIELD_ERRORS {
            self.decoded.listed.push((index, violation));
        }
    }

    /// The outcome.
    pub(crate) fn finish(mut self) -> Decoded {
        self.close_batch();
        self.decoded
    }

    fn close_batch(&mut self) {
        if !self.batch.is_empty() {
            self.decoded.batches.push(mem::take(&mut self.batch).finish());
        }
    }
}
