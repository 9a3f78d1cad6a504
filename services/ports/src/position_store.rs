//! Positions of consumers, kept with what they stored.

use crate::{Group, Offset, PortError, TopicId, TopicPartition};
use async_trait::async_trait;

/// Positions of consumers, committed in the transaction that stores what they consumed.
#[async_trait]
pub trait PositionStore: Send + Sync {
    /// The position of `group` in a partition of the topic with this ID.
    ///
    /// A position stored by an earlier version has no ID: the first ID that is asked for adopts it.
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError>;
}

/// A group's position in a partition, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredPosition {
    /// The group never stored anything from this partition.
    Never,
    /// The group has processed all records before this offset.
    At(Offset),
    /// The group stored something from a topic of this name with another ID: one of those that it consumed
    /// before.
    OfAnother(TopicId),
}

impl StoredPosition {
    /// The stored position of one group in one partition, given all that the store has, each with its topic's
    /// ID.
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

    /// The position; `None` if nothing was stored from this topic ID.
    pub fn known(&self) -> Option<Offset> {
        match self {
            Self::At(next) => Some(*next),
            Self::Never | Self::OfAnother(_) => None,
        }
    }

    /// Where to continue: at offset 0, if nothing was stored from this topic ID.
    pub fn next(&self) -> Offset {
        self.known().unwrap_or(0)
    }
}

/// An offset commit: a compare-and-set of a consumer's position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The consumer's group.
    pub group: Group,
    /// The partition it consumes.
    pub partition: TopicPartition,
    /// The ID of its topic. Positions in topics with other IDs are not changed.
    pub topic_id: TopicId,
    /// The expected position; `None` if there was none. For a store, which never loses positions, `None` and
    /// 0 are the same.
    pub expected: Option<Offset>,
    /// The new position. May equal `expected`, which is compared all the same.
    pub next: Offset,
}

impl Advance {
    /// Checks the commit against the position `found` in a store.
    ///
    /// # Errors
    /// [`PortError::PositionMoved`].
    pub fn check(&self, found: Offset) -> Result<(), PortError> {
        if found == self.expected.unwrap_or(0) { Ok(()) } else { Err(self.moved(found)) }
    }

    /// Checks the commit against the position `found` in a cache. It also passes if the position is already
    /// `next`: the answer to an earlier call may have been lost.
    ///
    /// # Errors
    /// [`PortError::PositionMoved`].
    pub fn check_noted(&self, found: Option<Offset>) -> Result<(), PortError> {
        if found == self.expected || found == Some(self.next) {
            return Ok(());
        }
        Err(self.moved(found.unwrap_or(0)))
    }

    /// The error for a position that is at `found`.
    pub fn moved(&self, found: Offset) -> PortError {
        let (partition, expected) = (self.partition.clone(), self.expected.unwrap_or(0));
        PortError::PositionMoved { partition, expected, found }
    }
}
