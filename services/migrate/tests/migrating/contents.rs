//! What an installation holds, as far as a migration is to keep it.

use crate::installation::{Installation, PASSES};
use std::collections::{BTreeMap, BTreeSet};
use watchkeeper_domain::event::{Condition, Count, EVENTS};
use watchkeeper_domain::{
    Alert, Event, Incident, Notification, RollupQuery, Sample, SeriesFilter, SeriesRollups, Silence,
    Timestamp, Window,
};
use watchkeeper_ports::{
    EventBus, EventQuery, Group, Header, Memory, Offset, Order, Page, Topic, TopicPartition,
};
use watchkeeper_wire::moved_from::MOVED_FROM;

const ALL: usize = 10_000;

/// What the stores hold.
#[derive(Debug, PartialEq)]
pub(crate) struct Contents {
    pub(crate) samples: Vec<Sample>,
    pub(crate) events: Vec<Event>,
    pub(crate) counts: Vec<Count>,
    pub(crate) rollups: Vec<Vec<SeriesRollups>>,
    pub(crate) passes: Vec<Option<Timestamp>>,
    pub(crate) marks: BTreeMap<String, Timestamp>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) memories: Vec<(TopicPartition, Memory)>,
    pub(crate) groups: Vec<(String, Vec<u8>)>,
    pub(crate) notifications: Vec<Notification>,
    pub(crate) silences: BTreeMap<String, Silence>,
    pub(crate) incidents: Vec<Incident>,
}

impl Contents {
    pub(crate) async fn of(installation: &Installation) -> Self {
        let Installation { stores, rollups, .. } = installation;
        let always = Timestamp::MIN..Timestamp::MAX;
        let events = EventQuery { filter: Condition::default().into(), time: always.clone() };
        let mut contents = Self {
            samples: stores.samples.samples(Timestamp::MIN..Timestamp::MAX, None, ALL).await.unwrap(),
            events: stores.events.events(&events, Order::OldestFirst, None, ALL).await.unwrap().events,
            counts: stores.events.counts(EVENTS, always).await.unwrap(),
            rollups: Vec::new(),
            passes: Vec::new(),
            marks: stores.schedule.marks("collector").await.unwrap().into_iter().collect(),
            alerts: stores.alerts.alerts(None, ALL).await.unwrap(),
            memories: Vec::new(),
            groups: Vec::new(),
            notifications: stores.notifications.newest(ALL).await.unwrap(),
            silences: BTreeMap::new(),
            incidents: stores.incidents.incidents(None, ALL).await.unwrap(),
        };
        for window in Window::ALL {
            let span = window.length() * u32::try_from(RollupQuery::MAX_WINDOWS).unwrap();
            let to = window.start(crate::filled::at(0)).plus(window.length());
            let query = RollupQuery::new(SeriesFilter::default(), window, to.minus(span), to).unwrap();
            contents.rollups.push(rollups.rollups(&query, &Page::first(ALL)).await.unwrap());
        }
        for pass in PASSES {
            contents.passes.push(rollups.made_until(pass).await.unwrap());
        }
        for topic in [Topic::METRICS, Topic::METRICS.dead_letters()] {
            let partition = TopicPartition::new(topic, 0);
            let memories = stores.alerts.memories(&partition, &Page::first(ALL)).await.unwrap();
            contents.memories.extend(memories.into_iter().map(|memory| (partition.clone(), memory)));
        }
        let groups = stores.notifications.groups().await.unwrap();
        contents.groups.extend(groups.into_iter().map(|group| (group.key, group.state.to_vec())));
        let silences = stores.silences.ending_after(Timestamp::MIN, ALL).await.unwrap();
        contents.silences.extend(silences.into_iter().map(|silence| (silence.id.clone(), silence)));
        contents
    }
}

/// One record: key, value, and the headers that it came with.
pub(crate) type Whole = (Vec<u8>, Vec<u8>, Vec<Header>);

/// The records of a topic in order, each with where it lay.
pub(crate) async fn records(installation: &Installation, topic: &Topic) -> Vec<(Option<String>, Whole)> {
    let partition = TopicPartition::new(topic.clone(), 0);
    let batch = installation.bus.read(&partition, 0, ALL).await.unwrap();
    let records = batch.records.iter().map(|record| {
        let headers = record.headers.iter().filter(|(name, _)| name != MOVED_FROM).cloned().collect();
        let whole = (record.key.to_vec(), record.value.to_vec(), headers);
        (record.header(MOVED_FROM).map(str::to_owned), whole)
    });
    records.collect()
}

/// The places in which the records of a topic lay, each once.
pub(crate) async fn places(installation: &Installation, topic: &Topic) -> BTreeSet<String> {
    records(installation, topic).await.into_iter().filter_map(|(place, _)| place).collect()
}

/// Where persister and notifier stand in a topic.
pub(crate) async fn positions(installation: &Installation, topic: &Topic) -> [Option<Offset>; 2] {
    positions_on(&*installation.bus, installation, topic).await
}

/// Where the stores have them in a topic of that bus.
pub(crate) async fn positions_on(
    bus: &dyn EventBus,
    installation: &Installation,
    topic: &Topic,
) -> [Option<Offset>; 2] {
    let partition = TopicPartition::new(topic.clone(), 0);
    let (stores, topic_id) = (&installation.stores, bus.topic_id(topic).await.unwrap());
    let persister = stores.samples.position(&Group::PERSISTER, &partition, &topic_id).await.unwrap();
    let notifier = stores.alerts.position(&Group::NOTIFIER, &partition, &topic_id).await.unwrap();
    [persister.known(), notifier.known()]
}
