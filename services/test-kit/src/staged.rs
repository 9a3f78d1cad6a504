//! Ports in front of an adapter, whose calls a test can script.
//!
//! [`staged!`] lists the methods of each port: a new one costs a line.

mod bus;

pub use bus::BusEvent;

use crate::builders::rejected;
use crate::script::{Call, Script};
use crate::soon;
use async_trait::async_trait;
use bus::BusExtra;
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::future::poll_fn;
use std::ops::{Deref, Range};
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::watch;
use watchkeeper_domain::event::{Count, Field};
use watchkeeper_domain::{
    Acknowledgement, Alert, Event, EventFilter, EventId, Incident, Level, Notification, RangeQuery,
    RollupQuery, Sample, SeriesFilter, SeriesPoints, SeriesRollups, Silence, Timestamp, Window,
};
use watchkeeper_ports::{
    Advance, AlertGroup, AlertKey, AlertStore, AnswerCache, Append, Appended, Bar, Claimed, Counted, Deleted,
    Epoch, Evaluation, EventBus, EventKey, EventPage, EventQueries, EventQuery, EventSink, EventStore,
    FieldSeen, Group, IncidentStore, Lag, LatestCache, Lease, Mail, Mailer, Memory, NotificationStore,
    Offset, Order, Outcome, Page, PastAlerts, Placement, Plan, Planned, PortError, PositionStore, Processed,
    ReceivedBatch, RecordBatch, ReportQuery, Reports, Retried, RollupStore, SampleKey, SampleQueries,
    SampleSink, SampleStore, ScheduleStore, SeriesDeletion, SeriesPage, SilenceStore, Sink, StoredPosition,
    Subscription, Table, Tail, Tenure, Top, Topic, TopicId, TopicPartition, TtlPolicy, Watermarks,
};

/// What happened to a store of samples.
#[derive(Clone, Debug)]
pub enum StoreEvent {
    /// Samples were stored, or positions moved.
    Appended(Append<Sample>),
    /// Somebody has asked for windows.
    AskedRange(RangeQuery),
}

impl StoreEvent {
    fn append(&self) -> Option<&Append<Sample>> {
        match self {
            Self::Appended(append) => Some(append),
            Self::AskedRange(_) => None,
        }
    }
}

/// A port that can be staged.
pub trait Port: Send + Sync {
    /// What is noted of a successful call; queries are mostly not noted.
    type Noted: Clone + Send + Sync + 'static;
    /// Script settings of this port alone.
    type Extra: Default + Send + Sync;
    /// The names of the methods.
    const METHODS: &'static [&'static str];
}

/// The error of a call that would be noted, if it should fail.
type Refusal<N> = Box<dyn Fn(&N) -> Option<PortError> + Send>;

/// A port in front of an adapter, with a [`Script`].
pub struct Staged<P: Port + ?Sized> {
    inner: Mutex<Arc<P>>,
    script: Arc<Script>,
    noted: watch::Sender<Vec<P::Noted>>,
    refuses: Mutex<Option<Refusal<P::Noted>>>,
    extra: P::Extra,
}

impl<P: Port + ?Sized> Staged<P> {
    /// Puts a port in front of an adapter.
    pub fn new(inner: Arc<P>) -> Arc<Self> {
        let (inner, script) = (Mutex::new(inner), Script::new(P::METHODS));
        let (noted, refuses) = (watch::Sender::default(), Mutex::default());
        Arc::new(Self { inner, script, noted, refuses, extra: P::Extra::default() })
    }

    /// The adapter, without the script.
    pub fn inner(&self) -> Arc<P> {
        Arc::clone(&self.inner.lock())
    }

    /// Replaces the adapter, for example by an empty one.
    pub fn replace(&self, inner: Arc<P>) {
        *self.inner.lock() = inner;
    }

    /// Refuses calls by their content.
    pub fn refuse_when(&self, refuses: impl Fn(&P::Noted) -> Option<PortError> + Send + 'static) {
        *self.refuses.lock() = Some(Box::new(refuses));
    }

    /// All notes so far.
    pub fn noted(&self) -> Vec<P::Noted> {
        self.noted.borrow().clone()
    }

    /// Waits until there are enough notes.
    pub async fn notes(&self, enough: impl Fn(&[P::Noted]) -> bool) -> Vec<P::Noted> {
        soon(self.notes_at_last(enough)).await
    }

    /// The same without a timeout, for a paused clock.
    pub async fn notes_at_last(&self, enough: impl Fn(&[P::Noted]) -> bool) -> Vec<P::Noted> {
        self.noted.subscribe().wait_for(|noted| enough(noted)).await.unwrap().clone()
    }

    async fn enter(&self, method: &'static str, noted: Option<&P::Noted>) -> Result<Call<'_>, PortError> {
        let call = self.script.enter(method).await?;
        let refusal = noted.and_then(|noted| self.refuses.lock().as_ref()?(noted));
        match refusal {
            Some(error) => {
                call.end();
                Err(error)
            }
            None => Ok(call),
        }
    }

    fn leave<T>(&self, call: Call<'_>, answer: &Result<T, PortError>, noted: Option<P::Noted>) {
        if let (Ok(_), Some(noted)) = (answer, noted) {
            self.noted.send_modify(|all| all.push(noted));
        }
        call.end();
    }
}

impl<P: Port + ?Sized> Deref for Staged<P> {
    type Target = Script;

    fn deref(&self) -> &Script {
        &self.script
    }
}

/// Keeps a paused clock from going on while an adapter's threads are at work: to tokio, a test that waits for them
/// is idle, and only its own blocking threads say otherwise.
async fn while_the_clock_rests<T>(call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    // What is in memory answers at once.
    if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
        return answer;
    }
    let (ends, ended) = mpsc::sync_channel::<()>(0);
    tokio::task::spawn_blocking(move || ended.recv());
    let answer = call.await;
    drop(ends);
    answer
}

/// Implements a port for [`Staged`], trait by trait: each method calls the adapter's. `noting` says what is noted of a
/// call that succeeds, `given` what an argument is replaced by, `then` what the answer becomes.
macro_rules! staged {
    (
        $port:ident, noting $noted:ty, with $extra:ty;
        $(
            $part:path {
                $(
                    $method:ident($($arg:ident: $type:ty),*) -> $answer:ty
                    $(, noting $what:expr)? $(, given $given:ident by $by:expr)? $(, then $then:expr)?;
                )*
            }
        )+
    ) => {
        impl Port for dyn $port + '_ {
            type Noted = $noted;
            type Extra = $extra;
            const METHODS: &'static [&'static str] = &[$($(stringify!($method)),*),+];
        }

        $(
            #[async_trait]
            impl $part for Staged<dyn $port> {
                $(
                    async fn $method(&self, $($arg: $type),*) -> Result<$answer, PortError> {
                        #[allow(unused_mut, unused_assignments, reason = "most methods note nothing")]
                        let mut noted: Option<$noted> = None;
                        $(noted = Some($what);)?
                        let call = self.enter(stringify!($method), noted.as_ref()).await?;
                        let inner = self.inner();
                        $(let $given = &$by(self, $given);)?
                        let answer = while_the_clock_rests(inner.$method($($arg),*)).await;
                        $(let answer = answer.map(|answer| ($then)(self, answer));)?
                        self.leave(call, &answer, noted);
                        answer
                    }
                )*
            }
        )+
    };
}

staged! {
    SampleStore, noting StoreEvent, with ();
    Sink<Sample> {
        append(batch: Arc<Append<Sample>>) -> Appended,
            noting StoreEvent::Appended(Append::clone(&batch));
        prune(before: Timestamp) -> u64;
        check() -> ();
    }
    SampleSink {
        append_within(max_series: u64, batch: Arc<Append<Sample>>) -> Appended,
            noting StoreEvent::Appended(Append::clone(&batch));
        series_count() -> u64;
    }
    SampleQueries {
        series(filter: &SeriesFilter, page: &Page) -> SeriesPage;
        latest(filter: &SeriesFilter, page: &Page, until: Timestamp) -> Vec<Sample>;
        newest(filter: &SeriesFilter, limit: usize, until: Timestamp) -> Vec<Sample>;
        range(query: &RangeQuery, max_series: usize) -> Vec<SeriesPoints>,
            noting StoreEvent::AskedRange(query.clone());
        roll_up(query: &RollupQuery, page: &Page) -> Vec<SeriesRollups>;
        oldest() -> Option<Timestamp>;
    }
    SampleStore {
        samples(time: Range<Timestamp>, after: Option<&SampleKey>, limit: usize) -> Vec<Sample>;
    }
    SeriesDeletion {
        delete(filter: &SeriesFilter, after: &str) -> Deleted;
    }
}

staged! {
    EventStore, noting Append<Processed>, with ();
    Sink<Processed> {
        append(batch: Arc<Append<Processed>>) -> Appended, noting Append::clone(&batch);
        prune(before: Timestamp) -> u64;
        check() -> ();
    }
    EventSink {
        prune_some(service: Option<&str>, up_to: Option<Level>, before: Timestamp) -> u64;
    }
    EventQueries {
        events(query: &EventQuery, order: Order, after: Option<EventKey>, limit: usize) -> EventPage;
        event(id: EventId) -> Option<Event>;
        histogram(filter: &EventFilter, edges: &[Timestamp]) -> Counted<Vec<Bar>>;
        top(query: &EventQuery, field: &Field, limit: usize) -> Counted<Top>;
        fields(query: &EventQuery) -> (Vec<FieldSeen>, u64);
        counts(name: &str, time: Range<Timestamp>) -> Vec<Count>;
    }
}

staged! {
    Reports, noting ReportQuery, with ();
    Reports {
        run(query: &ReportQuery) -> Table, noting query.clone();
    }
}

staged! {
    AnswerCache, noting String, with ();
    AnswerCache {
        get(key: &str) -> Option<Bytes>;
        put(key: &str, answer: Bytes, ttl: Duration) -> (), noting key.to_owned();
    }
}

staged! {
    LatestCache, noting (), with ();
    LatestCache {
        put(samples: &[Sample], ttl: &TtlPolicy, now: Timestamp) -> ();
        latest(filter: &SeriesFilter, page: &Page, now: Timestamp) -> Vec<Sample>;
        positions(partitions: &[TopicPartition], topic_id: &TopicId) -> Vec<Option<Offset>>;
        advance(advances: &[Advance]) -> ();
        len() -> usize;
        sweep(now: Timestamp) -> ();
    }
    SeriesDeletion {
        delete(filter: &SeriesFilter, after: &str) -> Deleted;
    }
}

staged! {
    RollupStore, noting (String, Timestamp), with ();
    RollupStore {
        put(window: Window, rollups: &[SeriesRollups]) -> ();
        rollups(query: &RollupQuery, page: &Page) -> Vec<SeriesRollups>;
        made_until(pass: &str) -> Option<Timestamp>;
        set_made_until(pass: &str, until: Timestamp) -> ();
        move_made_until(pass: &str, expected: Option<Timestamp>, until: Timestamp) -> bool,
            noting (pass.to_owned(), until);
        prune(window: Window, before: Timestamp) -> u64;
        check() -> ();
    }
    SeriesDeletion {
        delete(filter: &SeriesFilter, after: &str) -> Deleted;
    }
}

staged! {
    ScheduleStore, noting Vec<(String, Timestamp)>, with ();
    ScheduleStore {
        marks(owner: &str) -> HashMap<String, Timestamp>;
        mark(owner: &str, marks: &[(String, Timestamp)]) -> (), noting marks.to_vec();
    }
}

staged! {
    AlertStore, noting Evaluation, with ();
    AlertStore {
        store(evaluation: Arc<Evaluation>) -> (), noting Evaluation::clone(&evaluation);
        take_over(partition: &TopicPartition, topic_id: &TopicId) -> Epoch;
        memories(partition: &TopicPartition, page: &Page) -> Vec<Memory>;
        memory(series_key: &str) -> Option<Bytes>;
        alerts(after: Option<&AlertKey>, limit: usize) -> Vec<Alert>;
        pending(limit: usize) -> Vec<Memory>;
        acknowledge(firing: &[(AlertKey, Timestamp)], acknowledgement: Option<&Acknowledgement>) -> u64;
        remove(cleared: &[(AlertKey, Timestamp)]) -> ();
        past(question: &PastAlerts) -> Vec<Alert>;
        prune(before: Timestamp, most: u64) -> u64;
        check() -> ();
    }
}

staged! {
    NotificationStore, noting Plan, with ();
    NotificationStore {
        groups() -> Vec<AlertGroup>;
        plan(plan: Arc<Plan>) -> Planned, noting Plan::clone(&plan);
        claim(now: Timestamp, lease: Duration, limit: usize) -> Vec<Claimed>;
        renew(lease: &Lease) -> Tenure;
        settle(lease: &Lease, outcome: &Outcome) -> Tenure;
        newest(limit: usize) -> Vec<Notification>;
        about(alert: &str, limit: usize) -> Vec<Notification>;
        retry(id: &str, now: Timestamp) -> Retried;
        waiting() -> u64;
        prune(before: Timestamp) -> u64;
        check() -> ();
    }
}

staged! {
    SilenceStore, noting Silence, with ();
    SilenceStore {
        put(silence: &Silence) -> (), noting silence.clone();
        silence(id: &str) -> Option<Silence>;
        ending_after(instant: Timestamp, limit: usize) -> Vec<Silence>;
        prune(before: Timestamp) -> u64;
    }
}

staged! {
    IncidentStore, noting Incident, with ();
    IncidentStore {
        put(incident: &Incident) -> bool, noting incident.clone();
        incident(id: &str) -> Option<Incident>;
        ending_from(instant: Timestamp, limit: usize) -> Vec<Incident>;
        incidents(after: Option<&str>, limit: usize) -> Vec<Incident>;
        prune(before: Timestamp) -> u64;
    }
}

staged! {
    Mailer, noting Mail, with ();
    Mailer {
        send(mail: &Mail) -> (), noting mail.clone();
        check() -> ();
    }
}

staged! {
    EventBus, noting BusEvent, with BusExtra;
    EventBus {
        publish(topic: &Topic, batch: RecordBatch) -> (), noting BusEvent::Published(topic.clone(), batch.clone());
        placement(topic: &Topic) -> Placement;
        topic_id(topic: &Topic) -> TopicId;
        subscribe(topic: &Topic, group: &Group) -> Box<dyn Subscription>,
            given group by Staged::group, then Staged::subscribed;
        tail(topic: &Topic) -> Box<dyn Tail>, then Staged::followed;
        read(partition: &TopicPartition, from: Offset, max_records: usize) -> ReceivedBatch,
            then Staged::shortened;
        watermarks(topic: &Topic) -> Vec<Watermarks>;
        lag(topic: &Topic, group: &Group) -> Vec<Lag>, noting BusEvent::AskedLag(group.clone()),
            then |bus: &Self, lag| bus.lag_of(group, lag);
        topics() -> Vec<Topic>;
    }
}

#[async_trait]
impl<P: Port + PositionStore + ?Sized> PositionStore for Staged<P> {
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        let call = self.enter("position", None).await?;
        let inner = self.inner();
        let answer = while_the_clock_rests(inner.position(group, partition, topic_id)).await;
        self.leave(call, &answer, None);
        answer
    }
}

impl Staged<dyn SampleStore> {
    /// All appends so far, in order.
    pub fn appends(&self) -> Vec<Append<Sample>> {
        self.noted().iter().filter_map(StoreEvent::append).cloned().collect()
    }

    /// Waits until a position has advanced to `next`.
    pub async fn comes_to(&self, next: Offset) {
        let has_moved = |events: &[StoreEvent]| {
            let mut advances =
                events.iter().filter_map(StoreEvent::append).flat_map(|append| &append.advances);
            advances.any(|advance| advance.next == next)
        };
        self.notes(has_moved).await;
    }

    /// Refuses every batch with a sample that `refuses` selects, and names its value.
    pub fn refuse_samples(&self, refuses: impl Fn(&Sample) -> bool + Send + 'static) {
        self.refuse_when(move |event| {
            let sample = event.append()?.items.iter().find(|sample| refuses(sample))?;
            Some(rejected("store", format!("no {}", sample.value)))
        });
    }
}
