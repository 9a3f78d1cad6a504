//! From the bytes of a body to the records that are published.

use crate::answer::{refused, too_large};
use crate::kind::{Kind, ReadItem, Refused, Sender};
use axum::http::StatusCode;
use std::mem;
use watchkeeper_domain::{Timestamp, Violation, limits};
use watchkeeper_ports::{BatchBuilder, RecordBatch};
use watchkeeper_runtime::http::{MAX_FIELD_ERRORS, Problem};
use watchkeeper_wire::body::{BodyError, BodyFormat, Item, for_each_item};

/// When a batch is full, in bytes of keys and values: a fraction of what any bus takes at once.
pub(crate) const BATCH_BYTES: usize = 16 << 20;
/// When a batch is full, in records, which have a cost of their own on their way to the bus.
pub(crate) const BATCH_RECORDS: usize = 50_000;

/// What a body came to.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    /// The records of the accepted items, in their order; in batches of at most about [`BATCH_BYTES`], which a bus takes
    /// whatever the limits of a body are.
    pub(crate) batches: Vec<RecordBatch>,
    /// How many items were accepted. One that repeats an earlier one is accepted, and has no record.
    pub(crate) accepted: usize,
    /// How many items were refused.
    pub(crate) refused: usize,
    /// How many of these because there was no room for them.
    pub(crate) without_room: usize,
    /// The first [`MAX_FIELD_ERRORS`] of the refused ones: index from 0, and why.
    pub(crate) listed: Vec<(usize, Violation)>,
}

/// Decodes a body of `sender` that arrives at `now`. An item is accepted or refused for itself; allocates nothing for
/// each item, but for a refused one.
///
/// # Errors
/// Refuses the body as a whole: 400 if it is empty or no JSON, 413 if it has more than `max_items` items.
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

/// What a batch of items of the usual size needs: to let it grow would be to copy it again and again.
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
    /// What an item is called.
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
            Err(Refused::Invalid(violation)) => self.refuse(index, violation),
            Err(Refused::NoRoom(violation)) => {
                self.decoded.without_room += 1;
                self.refuse(index, violation);
            }
        }
        if self.batch.size_bytes() >= BATCH_BYTES || self.batch.len() >= BATCH_RECORDS {
            self.close_batch();
        }
    }

    fn refuse(&mut self, index: usize, violation: Violation) {
        self.decoded.refused += 1;
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
