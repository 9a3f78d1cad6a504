//! A kind of record that services send.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::{BatchBuilder, Topic};
use watchkeeper_runtime::http::Caller;

/// A kind of record that services send. What it costs is its reader; how bodies are read, answered and published is the
/// same for all ([`Intake`](crate::intake::Intake)).
pub(crate) trait Kind: Send + Sync + 'static {
    /// Where records go.
    const TOPIC: Topic;
    /// What one item is called in answers and metrics; several of them with an `s`.
    const ITEM: &'static str;
    /// The same with its article.
    const AN_ITEM: &'static str;
    /// The usual size of an item, in bytes: to let a batch grow would be to copy it again and again.
    const ITEM_BYTES: usize;
    /// What a sender is told of whose items all are refused because there is no room for them.
    const NO_ROOM: NoRoom;
    /// Reads the items of one body.
    type Reader<'b>: ReadItem<'b>;

    /// For a body of `sender` that arrives at `now`.
    fn reader<'b>(&'b self, sender: &'b Sender, now: Timestamp) -> Self::Reader<'b>;
}

/// Reads the items of one body.
pub(crate) trait ReadItem<'b> {
    /// Reads the item of that index, and adds its record to `batch` if it has one: an item that repeats an earlier one
    /// has none. Allocates nothing for an item that is accepted.
    fn read(&mut self, index: usize, item: &'b str, batch: &mut BatchBuilder) -> Result<(), Refused>;
}

/// Why an item is refused.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It is none of this kind.
    Invalid(Violation),
    /// It is well, but there are too many of something.
    NoRoom(Violation),
}

impl From<Violation> for Refused {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation)
    }
}

/// What is said where there are too many of something.
#[derive(Debug)]
pub(crate) struct NoRoom {
    /// The kind of problem, for programs.
    pub(crate) kind: &'static str,
    /// The same for people.
    pub(crate) title: &'static str,
    /// When a sender may try again.
    pub(crate) retry_after: Duration,
}

/// Who sends: a token, or everybody where there are none.
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
