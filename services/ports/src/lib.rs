//! What the roles need from the world, as traits. These docs state the guarantees; the suites in
//! `port-contract` check them for every adapter.
//!
//! Everything works in batches. All methods may be called concurrently unless they take `&mut self`, and
//! every future may be dropped: a dropped call has either taken effect or not, unless its own docs guarantee
//! less.
//!
//! Every call ends, whatever the engine does: an adapter gives up after some minutes at most, with
//! [`PortError::Unavailable`]. A call that prunes takes as many steps as it needs, and this bound holds for
//! each step. Only [`Subscription::next`] and [`Tail::next`], which wait for records, may wait for ever.

mod alert_store;
mod bus;
mod deletion;
mod error;
mod incident_store;
mod incomplete;
mod latest_cache;
pub mod limits;
mod mailer;
mod metrics_table;
mod notification_store;
mod placement;
mod ports;
mod position_store;
mod record;
mod rollup_store;
mod sample_store;
mod schedule_store;
mod silence_store;
mod sink;
mod topic;

pub use alert_store::{AlertKey, AlertStore, Epoch, Evaluation, Memory, PastAlerts, PastKey};
pub use bus::{Delivery, EventBus, Lag, ReceivedBatch, Subscription, Tail, Watermarks};
pub use deletion::{Deleted, SeriesDeletion};
pub use error::{Failure, OfDependency, PortError};
pub use incident_store::IncidentStore;
pub use incomplete::{Cut, Incomplete, Unreadable};
pub use latest_cache::{LatestCache, TtlPolicy};
pub use mailer::{Mail, Mailer};
pub use metrics_table::{MetricsRow, MetricsTable, TableExtent};
pub use notification_store::{
    About, AlertGroup, Claimed, GroupChange, Lease, NotificationStore, Outcome, Plan, Planned, Retried,
    Tenure,
};
pub use placement::Placement;
pub use ports::Ports;
pub use position_store::{Advance, PositionStore, StoredPosition};
pub use record::{BatchBuilder, Header, Record, RecordBatch};
pub use rollup_store::RollupStore;
pub use sample_store::{
    MAX_ASKED_SERIES, Page, SampleKey, SampleQueries, SampleSink, SampleStore, SeriesPage, asked_of_too_many,
    too_many_series,
};
pub use schedule_store::ScheduleStore;
pub use silence_store::SilenceStore;
pub use sink::{Append, Appended, Sink};
pub use topic::{Consumers, Group, Offset, Position, Topic, TopicId, TopicPartition};
