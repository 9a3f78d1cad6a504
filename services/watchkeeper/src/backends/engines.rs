//! The engines that can be backends. Each is a feature of this crate.

#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "mongodb")]
mod mongodb;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;

#[cfg(feature = "kafka")]
pub(super) use kafka::Kafka;
#[cfg(feature = "mongodb")]
pub(super) use mongodb::Mongodb;
#[cfg(feature = "postgres")]
pub(super) use postgres::Postgres;
#[cfg(feature = "redis")]
pub(super) use redis::Redis;

#[cfg(not(feature = "redis"))]
use super::Caches;
#[cfg(not(all(feature = "kafka", feature = "mongodb", feature = "postgres", feature = "redis")))]
use super::client::Absent;
#[cfg(not(feature = "postgres"))]
use super::store::Opened;
use std::sync::Arc;
#[cfg(not(feature = "postgres"))]
use watchkeeper_ports::MetricsTable;
use watchkeeper_ports::{EventBus, RollupStore};

/// What opening each of them returns.
type Bus = Arc<dyn EventBus>;
type Rollups = Arc<dyn RollupStore>;

#[cfg(not(feature = "kafka"))]
pub(super) type Kafka = Absent<Bus>;
#[cfg(not(feature = "mongodb"))]
pub(super) type Mongodb = Absent<Rollups>;
#[cfg(not(feature = "postgres"))]
pub(super) type Postgres = Absent<Opened>;
#[cfg(not(feature = "redis"))]
pub(super) type Redis = Absent<Caches>;

#[cfg(not(feature = "postgres"))]
impl Postgres {
    #[expect(clippy::unused_self, reason = "the adapter that takes its place has options")]
    pub(super) fn open_table(&self, _: &str) -> anyhow::Result<Arc<dyn MetricsTable>> {
        anyhow::bail!(super::client::NOT_BUILT_IN)
    }
}
