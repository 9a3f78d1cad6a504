//! A kind of record that services send.

use crate::config::IngestConfig;
use crate::decode::Decoded;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::Topic;
use watchkeeper_runtime::http::{Caller, Problem};
use watchkeeper_wire::body::BodyFormat;

/// A kind of record that services send. Each decodes the bodies of its inputs; reading bodies, responding and publishing
/// are the same for all ([`Intake`](crate::intake::Intake)).
pub(crate) trait Kind: Send + Sync + 'static {
    /// The topic of its records.
    const TOPIC: Topic;
    /// The name of one item in responses and metrics; the plural adds an `s`.
    const ITEM: &'static str;
    /// The same with its article.
    const AN_ITEM: &'static str;
    /// The problem when all items are refused because a limit leaves no room, if it has such a limit.
    const NO_ROOM: Option<NoRoom>;

    /// Decodes a body of `sender` that arrived at `now`. Items are accepted or refused individually.
    ///
    /// # Errors
    /// Refuses the whole body: 400 if it is not of this `format`, 413 if it is past a limit.
    fn decode(
        &self,
        sender: &Sender,
        body: &[u8],
        format: BodyFormat,
        config: &IngestConfig,
        now: Timestamp,
    ) -> Result<Decoded, Problem>;
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

/// For how long the store keeps records of a kind, as of now: older ones are refused.
pub type Retention = Box<dyn Fn() -> Duration + Send + Sync>;
