//! How far consumers have come, kept beside what they stored.

use crate::{Group, Offset, PortError, TopicId, TopicPartition};
use async_trait::async_trait;

/// Positions of consumers, moved in the transaction that stores what was consumed.
#[async_trait]
pub trait PositionStore: Send + Sync {
    /// How far `group` has come in a partition of the topic that has this ID.
    ///
    /// A position that an earlier version stored has no ID: it is taken for that of the first ID asked about.
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError>;
}

/// How far a group has come in a partition, as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredPosition {
    /// It never stored anything from this partition.
    Never,
    /// All records before this offset are done with.
    At(Offset),
    /// It stored something from a topic of this name, but with another ID: one of those that it consumed before.
    OfAnother(TopicId),
}

impl StoredPosition {
    /// What the positions say that a store has of one group in one partition, each with its topic's ID.
    pub fn among(positions: impl IntoIterator<Item = (TopicId, Offset)>, topic_id: &TopicId) -> Self {
        let mut found = Self::Never;
        for (id, next) in positions {
            if id == *topic_id {
                return Self::At(next);
            }
            found = Self::OfAnother(id);
        }
        found
    }

    /// The position; `None` if nothing was stored from this very topic.
    pub fn known(&self) -> Option<Offset> {
        match self {
            Self::At(next) => Some(*next),
            Self::Never | Self::OfAnother(_) => None,
        }
    }

    /// Where to go on: with the first record, if nothing was stored from this very topic.
    pub fn next(&self) -> Offset {
        self.known().unwrap_or(0)
    }
}

/// A consumer's position, moved by compare-and-set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Who consumes.
    pub group: Group,
    /// What is consumed.
    pub partition: TopicPartition,
    /// The ID of its topic. Positions in topics of other IDs stay where they are.
    pub topic_id: TopicId,
    /// Where the position is now; `None` if it was never moved. A store, which forgets nothing, takes `None` and 0
    /// for the same.
    pub expected: Option<Offset>,
    /// Where it is to be; where it is, it is compared all the same.
    pub next: Offset,
}

impl Advance {
    /// Whether a store that has the position at `found` can make it.
    ///
    /// # Errors
    /// [`PortError::PositionMoved`].
    pub fn check(&self, found: Offset) -> Result<(), PortError> {
        if found == self.expected.unwrap_or(0) { Ok(()) } else { Err(self.moved(found)) }
    }

    /// Whether a cache that has noted `found` can make it, or has made it: its caller may not have learnt that.
    ///
    /// # Errors
    /// [`PortError::PositionMoved`].
    pub fn check_noted(&self, found: Option<Offset>) -> Result<(), PortError> {
        if found == self.expected || found == Some(self.next) {
            return Ok(());
        }
        Err(self.moved(found.unwrap_or(0)))
    }

    /// Why it is not made: the position is at `found`.
    pub fn moved(&self, found: Offset) -> PortError {
        let (partition, expected) = (self.partition.clone(), self.expected.unwrap_or(0));
        PortError::PositionMoved { partition, expected, found }
    }
}
