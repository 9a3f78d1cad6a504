//! Ports that stop working after some calls, as if the process had been killed or the engine had gone away.

use crate::installation::Installation;
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use watchkeeper_domain::event::{Count, Field};
use watchkeeper_domain::{
    Acknowledgement, Alert, Event, EventFilter, EventId, Incident, Level, Notification, RangeQuery,
    RollupQuery, Sample, SeriesFilter, SeriesPoints, SeriesRollups, Silence, Timestamp, Window,
};
use watchkeeper_migrate::{Between, Migration, StoreMigration, Stores};
use watchkeeper_ports::{
    AlertGroup, AlertKey, AlertStore, Append, Appended, Bar, Claimed, Counted, Deleted, Epoch, Evaluation,
    EventBus, EventKey, EventPage, EventQueries, EventQuery, EventSink, EventStore, FieldSeen, Group,
    IncidentStore, Lag, Lease, Memory, NotificationStore, Offset, Order, Outcome, Page, PastAlerts,
    Placement, Plan, Planned, PortError, PositionStore, Processed, ReceivedBatch, RecordBatch, Retried,
    RollupStore, SampleKey, SampleQueries, SampleSink, SampleStore, ScheduleStore, SeriesDeletion,
    SeriesPage, SilenceStore, Sink, StoredPosition, Subscription, Tail, Tenure, Top, Topic, TopicId,
    TopicPartition, Watermarks,
};

/// Counts calls, and lets some fail.
pub(crate) struct Fuse {
    calls: AtomicUsize,
    failing: Failing,
}

enum Failing {
    /// Every call from this one on: the process was killed.
    From(usize),
    /// One of so many, each done all the same if it says so: the engine is away for a moment.
    OneOf(usize, bool),
}

impl Fuse {
    /// Every call from number `call` on fails.
    pub(crate) fn blows_at(call: usize) -> Arc<Self> {
        Arc::new(Self { calls: AtomicUsize::new(0), failing: Failing::From(call) })
    }

    /// One call of so many fails, and may have been done all the same.
    pub(crate) fn flickers(every: usize, is_done: bool) -> Arc<Self> {
        Arc::new(Self { calls: AtomicUsize::new(0), failing: Failing::OneOf(every, is_done) })
    }

    /// How many calls were made.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Does what was called for, or fails.
    async fn burn<T>(&self, call: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        match self.failing {
            Failing::From(first) if number >= first => {
                Err(PortError::Broken { what: "engine", reason: "the process is gone".into() })
            }
            Failing::OneOf(every, is_done) if number % every == every - 1 => {
                if is_done {
                    call.await?;
                }
                Err(PortError::Unavailable { what: "engine", reason: "it starts anew".into() })
            }
            Failing::From(_) | Failing::OneOf(..) => call.await,
        }
    }
}

/// A port behind a fuse.
struct Fragile<P: ?Sized> {
    port: Arc<P>,
    fuse: Arc<Fuse>,
}

/// The migration, with everything there behind the fuse.
pub(crate) fn behind(fuse: &Arc<Fuse>, here: &Installation, there: &Installation) -> Migration {
    fn fragile<P: ?Sized>(fuse: &Arc<Fuse>, port: &Arc<P>) -> Arc<Fragile<P>> {
        Arc::new(Fragile { port: Arc::clone(port), fuse: Arc::clone(fuse) })
    }
    let Migration { store, rollups } = here.to(there);
    let store = store.map(|store| {
        let ports = &there.stores;
        let stores = Stores {
            samples: fragile(fuse, &ports.samples),
            events: fragile(fuse, &ports.events),
            schedule: fragile(fuse, &ports.schedule),
            alerts: fragile(fuse, &ports.alerts),
            notifications: fragile(fuse, &ports.notifications),
            silences: fragile(fuse, &ports.silences),
            incidents: fragile(fuse, &ports.incidents),
        };
        let stores = Between { there: stores, ..store.stores };
        StoreMigration { stores, new_bus: Some(fragile(fuse, &there.bus)), ..store }
    });
    let rollups = rollups.map(|rollups| Between { there: fragile(fuse, &there.rollups) as _, ..rollups });
    Migration { store, rollups }
}

macro_rules! fragile {
    ($port:ident { $(fn $call:ident(&self $(, $name:ident: $type:ty)*) -> $answer:ty;)* }) => {
        fragile!($port for dyn $port { $(fn $call(&self $(, $name: $type)*) -> $answer;)* });
    };
    ($port:ident $(<$kind:ty>)? for $behind:ty { $(fn $call:ident(&self $(, $name:ident: $type:ty)*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $port $(<$kind>)? for Fragile<$behind> {
            $(async fn $call(&self $(, $name: $type)*) -> Result<$answer, PortError> {
                self.fuse.burn(self.port.$call($($name),*)).await
            })*
        }
    };
}

fragile!(EventBus {
    fn publish(&self, topic: &Topic, batch: RecordBatch) -> ();
    fn placement(&self, topic: &Topic) -> Placement;
    fn subscribe(&self, topic: &Topic, group: &Group) -> Box<dyn Subscription>;
    fn tail(&self, topic: &Topic) -> Box<dyn Tail>;
    fn read(&self, partition: &TopicPartition, from: Offset, max_records: usize) -> ReceivedBatch;
    fn watermarks(&self, topic: &Topic) -> Vec<Watermarks>;
    fn lag(&self, topic: &Topic, group: &Group) -> Vec<Lag>;
    fn topics(&self) -> Vec<Topic>;
    fn topic_id(&self, topic: &Topic) -> TopicId;
});
fragile!(PositionStore for dyn SampleStore {
    fn position(&self, group: &Group, partition: &TopicPartition, topic_id: &TopicId) -> StoredPosition;
});
fragile!(Sink<Sample> for dyn SampleStore {
    fn append(&self, batch: Arc<Append<Sample>>) -> Appended;
    fn prune(&self, before: Timestamp) -> u64;
    fn check(&self) -> ();
});
fragile!(SampleSink for dyn SampleStore {
    fn append_within(&self, max_series: u64, batch: Arc<Append<Sample>>) -> Appended;
    fn series_count(&self) -> u64;
});
fragile!(SampleQueries for dyn SampleStore {
    fn series(&self, filter: &SeriesFilter, page: &Page) -> SeriesPage;
    fn latest(&self, filter: &SeriesFilter, page: &Page, until: Timestamp) -> Vec<Sample>;
    fn newest(&self, filter: &SeriesFilter, limit: usize, until: Timestamp) -> Vec<Sample>;
    fn range(&self, query: &RangeQuery, max_series: usize) -> Vec<SeriesPoints>;
    fn roll_up(&self, query: &RollupQuery, page: &Page) -> Vec<SeriesRollups>;
    fn oldest(&self) -> Option<Timestamp>;
});
fragile!(SampleStore {
    fn samples(&self, time: Range<Timestamp>, after: Option<&SampleKey>, limit: usize) -> Vec<Sample>;
});
fragile!(PositionStore for dyn EventStore {
    fn position(&self, group: &Group, partition: &TopicPartition, topic_id: &TopicId) -> StoredPosition;
});
fragile!(Sink<Processed> for dyn EventStore {
    fn append(&self, batch: Arc<Append<Processed>>) -> Appended;
    fn prune(&self, before: Timestamp) -> u64;
    fn check(&self) -> ();
});
fragile!(EventSink for dyn EventStore {
    fn prune_some(&self, service: Option<&str>, up_to: Option<Level>, before: Timestamp) -> u64;
});
fragile!(EventQueries for dyn EventStore {
    fn events(&self, query: &EventQuery, order: Order, after: Option<EventKey>, limit: usize) -> EventPage;
    fn event(&self, id: EventId) -> Option<Event>;
    fn histogram(&self, filter: &EventFilter, edges: &[Timestamp]) -> Counted<Vec<Bar>>;
    fn top(&self, query: &EventQuery, field: &Field, limit: usize) -> Counted<Top>;
    fn fields(&self, query: &EventQuery) -> (Vec<FieldSeen>, u64);
    fn counts(&self, name: &str, time: Range<Timestamp>) -> Vec<Count>;
});
fragile!(SeriesDeletion for dyn SampleStore {
    fn delete(&self, filter: &SeriesFilter, after: &str) -> Deleted;
});
fragile!(SeriesDeletion for dyn RollupStore {
    fn delete(&self, filter: &SeriesFilter, after: &str) -> Deleted;
});
fragile!(ScheduleStore {
    fn marks(&self, owner: &str) -> HashMap<String, Timestamp>;
    fn mark(&self, owner: &str, marks: &[(String, Timestamp)]) -> ();
});
fragile!(PositionStore for dyn AlertStore {
    fn position(&self, group: &Group, partition: &TopicPartition, topic_id: &TopicId) -> StoredPosition;
});
fragile!(AlertStore {
    fn store(&self, evaluation: Arc<Evaluation>) -> ();
    fn take_over(&self, partition: &TopicPartition, topic_id: &TopicId) -> Epoch;
    fn memories(&self, partition: &TopicPartition, page: &Page) -> Vec<Memory>;
    fn memory(&self, series_key: &str) -> Option<Bytes>;
    fn alerts(&self, after: Option<&AlertKey>, limit: usize) -> Vec<Alert>;
    fn remove(&self, cleared: &[(AlertKey, Timestamp)]) -> ();
    fn acknowledge(&self, firing: &[(AlertKey, Timestamp)], by: Option<&Acknowledgement>) -> u64;
    fn pending(&self, limit: usize) -> Vec<Memory>;
    fn past(&self, question: &PastAlerts) -> Vec<Alert>;
    fn prune(&self, before: Timestamp, most: u64) -> u64;
    fn check(&self) -> ();
});
fragile!(NotificationStore {
    fn groups(&self) -> Vec<AlertGroup>;
    fn plan(&self, plan: Arc<Plan>) -> Planned;
    fn claim(&self, now: Timestamp, lease: Duration, limit: usize) -> Vec<Claimed>;
    fn renew(&self, lease: &Lease) -> Tenure;
    fn settle(&self, lease: &Lease, outcome: &Outcome) -> Tenure;
    fn newest(&self, limit: usize) -> Vec<Notification>;
    fn about(&self, alert: &str, limit: usize) -> Vec<Notification>;
    fn retry(&self, id: &str, now: Timestamp) -> Retried;
    fn waiting(&self) -> u64;
    fn prune(&self, before: Timestamp) -> u64;
    fn check(&self) -> ();
});
fragile!(SilenceStore {
    fn put(&self, silence: &Silence) -> ();
    fn silence(&self, id: &str) -> Option<Silence>;
    fn ending_after(&self, instant: Timestamp, limit: usize) -> Vec<Silence>;
    fn prune(&self, before: Timestamp) -> u64;
});
fragile!(IncidentStore {
    fn put(&self, incident: &Incident) -> bool;
    fn incident(&self, id: &str) -> Option<Incident>;
    fn ending_from(&self, instant: Timestamp, limit: usize) -> Vec<Incident>;
    fn incidents(&self, after: Option<&str>, limit: usize) -> Vec<Incident>;
    fn prune(&self, before: Timestamp) -> u64;
});
fragile!(RollupStore {
    fn put(&self, window: Window, rollups: &[SeriesRollups]) -> ();
    fn rollups(&self, query: &RollupQuery, page: &Page) -> Vec<SeriesRollups>;
    fn made_until(&self, pass: &str) -> Option<Timestamp>;
    fn set_made_until(&self, pass: &str, until: Timestamp) -> ();
    fn move_made_until(&self, pass: &str, expected: Option<Timestamp>, until: Timestamp) -> bool;
    fn prune(&self, window: Window, before: Timestamp) -> u64;
    fn check(&self) -> ();
});
