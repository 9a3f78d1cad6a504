//! A kind of record that services send.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::{BatchBuilder, Topic};
use watchkeeper_runtime::http::Caller;

/// A kind of record that services send. Each needs a reader; reading bodies, responding and publishing are the same
/// for all ([`Intake`](crate::intake::Intake)).
pub(crate) trait Kind: Send + Sync + 'static {
    /// The topic of its records.
    const TOPIC: Topic;
    /// The name of one item in responses and metrics; the plural adds an `s`.
    const ITEM: &'static str;
    /// The same with its article.
    const AN_ITEM: &'static str;
    /// The usual size of an item, in bytes, for preallocation: growing a batch would copy it again and again.
    const ITEM_BYTES: usize;
    /// The problem when all items are refused because of a limit on series.
    const NO_ROOM: NoRoom;
    /// Reads the items of one body.
    type Reader<'b>: ReadItem<'b>;

    /// A reader for a body of `sender` that arrived at `now`.
    fn reader<'b>(&'b self, sender: &'b Sender, now: Timestamp) -> Self::Reader<'b>;
}

/// Reads the items of one body.
pub(crate) trait ReadItem<'b> {
    /// Reads the item with this index, and adds its record to `batch` if it has one: a duplicate has none. Does not
    /// allocate for accepted items.
    fn read(&mut self, index: usize, item: &'b str, batch: &mut BatchBuilder) -> Result<(), Refused>;
}

/// Why an item is refused.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Not a valid item.
    Invalid(Violation),
    /// Valid, but a limit is reached.
    NoRoom(Violation),
}

impl From<Violation> for Refused {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation)
    }
}

/// The problem when a limit is reached.
#[derive(Debug)]
pub(crate) struct NoRoom {
    /// The kind of problem, for programs.
    pub(crate) kind: &'static str,
    /// Its title.
    pub(crate) title: &'static str,
    /// When to retry.
    pub(crate) retry_after: Duration,
}

/// The sender: a token, or everybody if there are no tokens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sender(Arc<str>);

impl Sender {
    #[cfg(test)]
    pub(crate) fn named(name: &str) -> Self {
        Self(name.into())
    }

    /// The name of the token; empty for everybody.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

impl From<Option<Caller>> for Sender {
    fn from(caller: Option<Caller>) -> Self {
        Self(caller.map_or_else(|| "".into(), |Caller(name)| name))
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            "" => f.write_str("all without a token"),
            name => write!(f, "token {name:?}"),
        }
    }
}
