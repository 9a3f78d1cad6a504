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
mod answer_cache;
mod bus;
mod deletion;
mod error;
mod event_store;
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
mod reports;
mod rollup_store;
mod sample_store;
mod schedule_store;
mod silence_store;
mod sink;
mod topic;

pub use alert_store::{AlertKey, AlertStore, Epoch, Evaluation, Memory, PastAlerts, PastKey};
pub use answer_cache::{
    AnswerCache, MAX_ANSWER_BYTES, MAX_ANSWER_KEY_BYTES, MAX_ANSWER_TTL, MAX_ANSWERS_BYTES,
};
pub use bus::{Delivery, EventBus, Lag, Place, ReceivedBatch, Subscription, Tail, Watermarks};
pub use deletion::{Deleted, SeriesDeletion};
pub use error::{Failure, OfDependency, PortError};
pub use event_store::{
    Bar, Counted, EventKey, EventPage, EventQueries, EventQuery, EventSink, EventStore, FIELDS_OF_EVENTS,
    FieldSeen, FieldsSeen, MAX_FIELDS_SEEN, MAX_VALUES_BYTES, Order, Processed, SEARCH_WITHIN, Top,
    ValuesSeen,
};
pub use incident_store::IncidentStore;
pub use incomplete::{Cut, Incomplete, Unreadable};
pub use latest_cache::{LatestCache, TtlPolicy};
pub use mailer::{Attachment, Mail, Mailer};
pub use metrics_table::{MetricsRow, MetricsTable, TableExtent};
pub use notification_store::{
    About, AlertGroup, Claimed, GroupChange, Lease, NotificationStore, Outcome, Plan, Planned, Retried,
    Tenure,
};
pub use placement::Placement;
pub use ports::Ports;
pub use position_store::{Advance, PositionStore, StoredPosition};
pub use record::{BatchBuilder, Header, Record, RecordBatch};
pub use reports::{
    MAX_REPORT_BYTES, MAX_REPORT_COLUMNS, MAX_REPORT_ROWS, MAX_REPORT_SQL_BYTES, REPORT, ReportQuery,
    Reports, Table, TableBuilder,
};
pub use rollup_store::RollupStore;
pub use sample_store::{
    MAX_ASKED_SERIES, Page, SampleKey, SampleQueries, SampleSink, SampleStore, SeriesPage, asked_of_too_many,
    too_many_series,
};
pub use schedule_store::ScheduleStore;
pub use silence_store::SilenceStore;
pub use sink::{Append, Appended, Sink};
pub use topic::{Consumers, Group, Offset, Position, Topic, TopicId, TopicPartition};
