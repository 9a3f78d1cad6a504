//! Decoding records of any kind.

use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::{Place, Record, Topic};

/// Decodes the records of one topic. Use one per consuming loop: it may keep state between records.
pub trait Decode: Send + Sync {
    /// The decoded item.
    type Item: Clone + Send + Sync + 'static;

    /// The topic of the records.
    const TOPIC: Topic;

    /// The name of the items in logs and metrics.
    const ITEMS: &'static str;

    /// Decodes a record from any producer; `place` is where it is. Every consumer of the topic uses this function.
    ///
    /// # Errors
    /// Names the first invalid field.
    fn decode_record(
        &mut self,
        record: Record<'_>,
        place: Place<'_>,
    ) -> Result<Decoded<Self::Item>, Violation>;

    /// The time of the item.
    fn instant(item: &Self::Item) -> Timestamp;
}

/// A decoded record.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded<T> {
    /// An item.
    Item(T),
    /// A copy of an older record; it is skipped.
    Copy,
    /// A record without a value; it is skipped.
    Tombstone,
}

impl<T> Decoded<T> {
    /// The item, if it is one.
    pub fn item(self) -> Option<T> {
        match self {
            Self::Item(item) => Some(item),
            Self::Copy | Self::Tombstone => None,
        }
    }
}
