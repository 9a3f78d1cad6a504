//! What the roles need from the world, as traits. The promises live in these docs; the suites in
//! `port-contract` hold every adapter to them.
//!
//! A batch is the unit everywhere. All methods may be called from many tasks at once unless they take
//! `&mut self`, and all futures may be dropped: a call that was dropped has either happened or not.

mod bus;
mod error;
mod latest_cache;
mod record;
mod sample_store;
mod schedule_store;
mod topic;

pub use bus::{Delivery, EventBus, Extent, Lag, ReceivedBatch, Subscription, Tail};
pub use error::{Failure, PortError};
pub use latest_cache::{LatestCache, TtlPolicy};
pub use record::{BatchBuilder, Header, Record, RecordBatch};
pub use sample_store::{Advance, Append, Appended, Page, SampleStore, SeriesPage};
pub use schedule_store::ScheduleStore;
pub use topic::{Group, Offset, Position, Topic, TopicPartition};
