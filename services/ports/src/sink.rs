//! Stores what was consumed, together with the consumer's position.

use crate::{Advance, PortError, PositionStore};
use async_trait::async_trait;
use std::sync::Arc;
use watchkeeper_domain::Timestamp;

/// A store for one kind of item, such as samples, to which consumers append.
#[async_trait]
pub trait Sink<T: Send + Sync + 'static>: PositionStore {
    /// Stores the items and commits the positions in one transaction: both happen or neither, and once this
    /// returns `Ok` both survive `kill -9`. An item that already exists is skipped: the first one stays.
    ///
    /// # Errors
    /// [`PortError::PositionMoved`] when a position is not what its [`Advance`] expects;
    /// [`PortError::ItemsRejected`] when the store can name the items that it refuses;
    /// [`PortError::Rejected`] when it cannot: it may refuse some of the batch, or all.
    async fn append(&self, batch: Arc<Append<T>>) -> Result<Appended, PortError>;

    /// Removes items older than `before`; returns how many. Works in steps, so that appends are not blocked
    /// meanwhile.
    async fn prune(&self, before: Timestamp) -> Result<u64, PortError>;

    /// Health check: returns `Ok` if the store accepts writes.
    async fn check(&self) -> Result<(), PortError>;
}

/// What is stored in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Append<T> {
    /// The items, in any order.
    pub items: Vec<T>,
    /// The positions to commit; none for items that come from no bus.
    pub advances: Vec<Advance>,
}

impl<T> Append<T> {
    /// Items that come from no bus.
    pub const fn of(items: Vec<T>) -> Self {
        Self { items, advances: Vec::new() }
    }

    /// Positions alone.
    pub const fn moving(advances: Vec<Advance>) -> Self {
        Self { items: Vec::new(), advances }
    }
}

impl<T> Default for Append<T> {
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

/// What an append did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Items that are new.
    pub stored: u64,
    /// Items that already existed.
    pub repeated: u64,
}
