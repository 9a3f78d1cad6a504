//! Counts the events that rules are about.

use crate::new_messages::NewMessages;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Event, Note, Sample, Timestamp};
use watchkeeper_ports::{
    BatchBuilder, Counted, EventBus, EventPage, EventQueries, EventQuery, Order, PortError, Topic,
};
use watchkeeper_rules::{Condition, Events, Rule, RuleSet};
use watchkeeper_runtime::{Heartbeat, RoleContext, RoleResult, Rounds, Stopped};
use watchkeeper_wire::sample::push_sample;

/// How often events are counted; the instants are multiples of it, so that several notifiers publish the same samples.
const COUNT_EVERY: Duration = Duration::from_secs(15);
/// How old an event may be when it is stored, so that it is counted in its window.
const ARRIVES_WITHIN: Duration = Duration::from_secs(5);

/// Publishes how many events match the query of each rule, as a sample with the first and last of them as its note.
pub(crate) struct EventCounter {
    pub(crate) rules: Reloadable<RuleSet>,
    pub(crate) events: Arc<dyn EventQueries>,
    pub(crate) bus: Arc<dyn EventBus>,
    /// Of the rules about new messages, by name.
    pub(crate) new_messages: HashMap<String, NewMessages>,
}

impl EventCounter {
    /// Counts until the role stops.
    pub(crate) async fn keep_counting(mut self, context: RoleContext) -> RoleResult {
        let heartbeat = context.heartbeat("count events");
        let mut rounds = Rounds::every(COUNT_EVERY, &context, &heartbeat);
        while rounds.next(Box::pin(self.count(Timestamp::now(), &heartbeat))).await? {}
        Ok(())
    }

    async fn count(&mut self, now: Timestamp, heartbeat: &Heartbeat) -> Result<(), Stopped> {
        let until = now.minus(ARRIVES_WITHIN).window_start(COUNT_EVERY);
        let rules = self.rules.current();
        let mut batch = BatchBuilder::default();
        self.new_messages.retain(|name, _| rules.rules().iter().any(|rule| rule.name == *name));
        for rule in rules.rules() {
            let Condition::Events(events) = &rule.condition else { continue };
            let sample = match events.unseen_for {
                None => heartbeat.idle(self.matched(rule, events, until)).await?,
                Some(unseen_for) => Some(heartbeat.idle(self.unseen(rule, events, unseen_for, until)).await?),
            };
            if let Some(sample) = sample {
                push_sample(&mut batch, &sample);
            }
        }
        if !batch.is_empty() {
            self.bus.publish(&Topic::METRICS, batch.finish()).await?;
        }
        Ok(())
    }

    /// The number of events that match now; `None` if it is not known.
    async fn matched(
        &self,
        rule: &Rule,
        events: &Events,
        until: Timestamp,
    ) -> Result<Option<Sample>, PortError> {
        let from = until.minus(events.within);
        let Counted { found, since } = self.events.histogram(&events.filter, &[from, until]).await?;
        if since > from && events.needs_all() {
            return Ok(None);
        }
        let matched: u64 = found.iter().map(watchkeeper_ports::Bar::events).sum();
        #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 events in a day")]
        let sample = Sample::new(Arc::new(Events::series(&rule.name)), until, matched as f64);
        let query = EventQuery { filter: events.filter.clone(), time: from..until };
        let note = if matched == 0 { None } else { self.lines(&query).await? };
        Ok(Some(match note {
            Some(note) => sample.with_note(note),
            None => sample,
        }))
    }

    /// The number of new messages.
    async fn unseen(
        &mut self,
        rule: &Rule,
        events: &Events,
        unseen_for: Duration,
        until: Timestamp,
    ) -> Result<Sample, PortError> {
        let from = until.minus(events.within);
        if self.new_messages.get(&rule.name).is_none_or(|new| !new.is_of(events)) {
            self.new_messages.insert(rule.name.clone(), NewMessages::new(events.clone(), from));
        }
        let mut found: &[Event] = &[];
        if let Some(new) = self.new_messages.get_mut(&rule.name) {
            found = new.read(&*self.events, unseen_for, from, until).await?;
        }
        #[expect(clippy::cast_precision_loss, reason = "there are a few")]
        let sample = Sample::new(Arc::new(Events::series(&rule.name)), until, found.len() as f64);
        Ok(match found.first().zip(found.last()).and_then(|(first, last)| note(first, last)) {
            Some(note) => sample.with_note(note),
            None => sample,
        })
    }

    /// The first and the last of the events.
    async fn lines(&self, query: &EventQuery) -> Result<Option<Note>, PortError> {
        let one = async |order| self.events.events(query, order, None, 1).await;
        let EventPage { events: first, .. } = one(Order::OldestFirst).await?;
        let EventPage { events: last, .. } = one(Order::NewestFirst).await?;
        Ok(first.first().zip(last.first()).and_then(|(first, last)| note(first, last)))
    }
}

/// What is said of the first and the last event, in half of a note each.
fn note(first: &Event, last: &Event) -> Option<Note> {
    const HALF: usize = watchkeeper_domain::limits::MAX_NOTE_BYTES / 2 - "first: ; last: ".len();
    if first.id == last.id {
        return Note::new(&last.summary());
    }
    let head = |event: &Event| watchkeeper_domain::text::head(&event.summary(), HALF).to_owned();
    Note::new(&format!("first: {}; last: {}", head(first), head(last)))
}
