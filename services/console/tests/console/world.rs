//! What the pages have to show, on the embedded backend.

use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_domain::{Aggregate, Alert, Event, Notification, Sample, Silence};
use watchkeeper_ports::{About, EventBus as _, Lag, Plan, PortError, RecordBatch, Topic};
use watchkeeper_rules::RuleSet;
use watchkeeper_test_kit::{Port, Staged, StoreEvent, rejected};

/// What every port answers.
#[derive(Clone, Default)]
pub(crate) struct World {
    /// All samples there are, in any order.
    pub(crate) samples: Vec<Sample>,
    /// All events there are, in the order in which they arrived.
    pub(crate) events: Vec<Event>,
    /// The topic `metrics.dead`, one partition.
    pub(crate) dead_letters: RecordBatch,
    /// Records after which a read of the bus ends, if it does for that.
    pub(crate) read_at_most: Option<usize>,
    /// Whether the store refuses to take a percentile, as of too many values.
    pub(crate) refuses_p95: bool,
    /// How far each group is behind, by its name.
    pub(crate) lags: BTreeMap<&'static str, Vec<Lag>>,
    /// All alerts there are, in any order.
    pub(crate) alerts: Vec<Alert>,
    /// The newest first.
    pub(crate) notifications: Vec<Notification>,
    /// Which alerts they are about.
    pub(crate) about: Vec<About>,
    pub(crate) silences: Vec<Silence>,
    pub(crate) rules: Arc<RuleSet>,
    /// Which ports do not answer as they should.
    pub(crate) cache: Mood,
    pub(crate) store: Mood,
    pub(crate) event_store: Mood,
    pub(crate) bus: Mood,
    pub(crate) alert_store: Mood,
    pub(crate) outbox: Mood,
    pub(crate) silence_store: Mood,
}

/// How a port is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Answers,
    Refuses,
    IsSilent,
}

impl Mood {
    fn of<P: Port + ?Sized>(self, port: &Staged<P>, what: &'static str) {
        match self {
            Self::Answers => (),
            Self::Refuses => {
                port.fail_all(PortError::Unavailable { what, reason: "<b>refused</b>".to_owned() });
            }
            Self::IsSilent => port.hold_all(),
        }
    }
}

impl World {
    /// The backend that has all this.
    pub(crate) async fn kept(self) -> watchkeeper_test_kit::World {
        let world = watchkeeper_test_kit::World::new();
        world.store(&self.samples).await;
        world.store_events(&self.events).await;
        world.cache(&self.samples).await;
        world.fire(&self.alerts).await;
        // The later of two that were made at the same time is the newer.
        let notifications = (0..).zip(self.notifications.into_iter().rev());
        let notifications =
            notifications.map(|(id, one): (u32, _)| Notification { id: id.to_string(), ..one });
        let plan = Plan { notifications: notifications.collect(), about: self.about, ..Plan::default() };
        world.notifications.inner().plan(Arc::new(plan)).await.unwrap();
        for silence in &self.silences {
            world.silences.inner().put(silence).await.unwrap();
        }
        if !self.dead_letters.is_empty() {
            world.bus.publish(&Topic::METRICS.dead_letters(), self.dead_letters).await.unwrap();
        }
        if let Some(records) = self.read_at_most {
            world.bus.read_at_most(records);
        }
        for (group, lag) in self.lags {
            world.bus.lag_is(group, lag);
        }
        if self.refuses_p95 {
            world.samples.refuse_when(|event| match event {
                StoreEvent::AskedRange(query) if query.aggregate() == Aggregate::P95 => {
                    Some(rejected("store", "too many values"))
                }
                _ => None,
            });
        }
        self.cache.of(&world.latest, "cache");
        self.store.of(&world.samples, "store");
        self.event_store.of(&world.events, "store");
        self.bus.of(&world.bus, "bus");
        self.alert_store.of(&world.alerts, "alerts");
        self.outbox.of(&world.notifications, "notifications");
        self.silence_store.of(&world.silences, "silences");
        world
    }
}
