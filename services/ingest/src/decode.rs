//! Decodes a body to the records to publish.

use crate::answer::{refused, too_large};
use crate::kind::{Kind, ReadItem, Refused, Sender};
use crate::refusals::{TOO_MANY_SERIES, reason_of};
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::mem;
use watchkeeper_domain::{Timestamp, Violation, limits};
use watchkeeper_ports::{BatchBuilder, RecordBatch};
use watchkeeper_runtime::http::{MAX_FIELD_ERRORS, Problem};
use watchkeeper_wire::body::{BodyError, BodyFormat, Item, for_each_item};

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

/// Decodes a body of `sender` that arrived at `now`. Items are accepted or refused individually; allocates only for
/// refused items.
///
/// # Errors
/// Refuses the whole body: 400 if it is empty or not JSON, 413 if it has more than `max_items` items.
pub(crate) fn decode<K: Kind>(
    kind: &K,
    sender: &Sender,
    body: &[u8],
    format: BodyFormat,
    max_items: usize,
    now: Timestamp,
) -> Result<Decoded, Problem> {
    if body.trim_ascii().is_empty() {
        let (an_item, item) = (K::AN_ITEM, K::ITEM);
        let reason = format!("is empty: send {an_item}, an array of {item}s, or one {item} per line");
        return Err(refused(StatusCode::BAD_REQUEST, "body", reason));
    }
    let reader = kind.reader(sender, now);
    let mut decoder =
        Decoder { item: K::ITEM, reader, batch: room_for::<K>(body), decoded: Decoded::default() };
    for_each_item(body, format, max_items, |index, item| decoder.take(index, item)).map_err(whole)?;
    decoder.close_batch();
    Ok(decoder.decoded)
}

/// Preallocates a batch for items of the usual size: growing it would copy it again and again.
fn room_for<K: Kind>(body: &[u8]) -> BatchBuilder {
    let bytes = (body.len() + body.len() / 2).min(BATCH_BYTES + limits::MAX_KEY_BYTES);
    BatchBuilder::with_capacity((body.len() / K::ITEM_BYTES).min(BATCH_RECORDS), bytes)
}

/// Why the whole body is refused.
fn whole(error: BodyError) -> Problem {
    let reason = match error {
        BodyError::TooManyItems { limit } => return too_large("items", limit, "max_items"),
        BodyError::Syntax(error) => format!("is not valid JSON: {error}"),
        BodyError::NotUtf8 { from_byte } => format!("is not UTF-8 from byte {from_byte} on"),
    };
    refused(StatusCode::BAD_REQUEST, "body", reason)
}

struct Decoder<R> {
    /// The name of an item.
    item: &'static str,
    reader: R,
    batch: BatchBuilder,
    decoded: Decoded,
}

impl<'b, R: ReadItem<'b>> Decoder<R> {
    fn take(&mut self, index: usize, item: Item<'b>) {
        let text = item.map_err(|error| Violation::new(self.item, error.to_string()).into());
        let read = text.and_then(|text| self.reader.read(index, text, &mut self.batch));
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

    fn close_batch(&mut self) {
        if !self.batch.is_empty() {
            self.decoded.batches.push(mem::take(&mut self.batch).finish());
        }
    }
}
