//! Storing what was consumed, together with how far it was consumed.

use crate::{Advance, PortError, PositionStore};
use async_trait::async_trait;
use std::sync::Arc;
use watchkeeper_domain::Timestamp;

/// A store of one kind of items, which consumers append to: samples, for instance.
#[async_trait]
pub trait Sink<T: Send + Sync + 'static>: PositionStore {
    /// Stores the items and moves the positions, in one transaction: both happen or neither, and
    /// when this returns `Ok` both survive `kill -9`. An item that is there already is left out: the first stays.
    ///
    /// # Errors
    /// [`PortError::PositionMoved`] when a position is not where its [`Advance`] expects it;
    /// [`PortError::ItemsRejected`] when the store can name the items that it refuses, [`PortError::Rejected`] when it
    /// cannot: some of the batch may be refused, or all.
    async fn append(&self, batch: Arc<Append<T>>) -> Result<Appended, PortError>;

    /// Removes items older than `before`; gives how many. Works in steps, so that appends go on meanwhile.
    async fn prune(&self, before: Timestamp) -> Result<u64, PortError>;

    /// Answers if the store can be written to.
    async fn check(&self) -> Result<(), PortError>;
}

/// What is stored in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Append<T> {
    /// The items, in any order.
    pub items: Vec<T>,
    /// The positions to move; none for items that come from no bus.
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
    /// Items that were there already.
    pub repeated: u64,
}
