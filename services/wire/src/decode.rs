//! Records off the bus, whatever kind of items their topic carries.

use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::{Record, Topic};

/// Reads one kind of items off their topic. Keep one per consuming loop: it may remember what it has seen.
pub trait Decode: Send + Sync {
    /// What a record says.
    type Item: Clone + Send + Sync + 'static;

    /// Where the records lie.
    const TOPIC: Topic;

    /// What operators call the items.
    const ITEMS: &'static str;

    /// Decodes a record, whoever has put it on its topic. Whoever consumes the topic decodes its records by this.
    ///
    /// # Errors
    /// Names the first field that is refused.
    fn decode_record(&mut self, record: Record<'_>) -> Result<Decoded<Self::Item>, Violation>;

    /// When what an item says was so.
    fn instant(item: &Self::Item) -> Timestamp;
}

/// What a record is.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded<T> {
    /// An item.
    Item(T),
    /// A copy of an older one, and no news to anybody: nothing is kept of it.
    Copy,
}

impl<T> Decoded<T> {
    /// The item, if it is one.
    pub fn item(self) -> Option<T> {
        match self {
            Self::Item(item) => Some(item),
            Self::Copy => None,
        }
    }
}
