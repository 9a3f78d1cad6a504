//! Finds messages whose pattern was not seen for long.

use std::collections::HashMap;
use std::time::Duration;
use watchkeeper_domain::event::MessagePattern;
use watchkeeper_domain::{Event, EventFilter, Timestamp};
use watchkeeper_ports::{EventKey, EventPage, EventQueries, EventQuery, Order, PortError};
use watchkeeper_rules::Events;

/// Most events of a rule that are read in one round; the others are read in the next.
const MAX_READ: usize = 2_000;
/// How many of them are read at once.
const PAGE: usize = 500;
/// Most patterns of a rule of which it is asked in one round whether the store has them; events of others are not new.
const MAX_ASKED: usize = 50;
/// Most patterns of a rule that are remembered; beyond it all are forgotten, and the store is asked again.
const MAX_REMEMBERED: usize = 10_000;
/// How old the oldest event of the store must be before any message is new: on a new installation, all would be.
const LEARNS_FOR: Duration = Duration::from_secs(60 * 60);

/// What a rule about new messages has read. It only saves queries: the store knows what was said before, so that after a
/// restart, or to another notifier, the same messages are new.
pub(crate) struct NewMessages {
    /// The condition that it is about.
    of: Events,
    /// Events before this time are read.
    read_until: Timestamp,
    /// The last event that is read after it, if there are more.
    read_after: Option<EventKey>,
    /// When each pattern was seen last.
    seen: HashMap<MessagePattern, Timestamp>,
    /// Whether the store has events for long enough.
    has_learnt: bool,
    /// First events of new patterns, oldest first.
    new: Vec<Event>,
}

impl NewMessages {
    /// Nothing is read before `from`.
    pub(crate) fn new(of: Events, from: Timestamp) -> Self {
        let (read_after, seen, has_learnt, new) = Default::default();
        Self { of, read_until: from, read_after, seen, has_learnt, new }
    }

    /// Whether it is about this condition.
    pub(crate) fn is_of(&self, events: &Events) -> bool {
        self.of == *events
    }

    /// Reads the events before `until`; returns the first ones of new patterns, since `from`, oldest first.
    pub(crate) async fn read(
        &mut self,
        store: &dyn EventQueries,
        unseen_for: Duration,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<&[Event], PortError> {
        self.new.retain(|event| event.occurred_at >= from);
        // What became too old during an outage is not read.
        if self.read_until < from {
            (self.read_until, self.read_after) = (from, None);
        }
        let (mut read, mut asked) = (0, 0);
        while read < MAX_READ && self.read_until < until {
            let query = EventQuery { filter: self.of.filter.clone(), time: self.read_until..until };
            let EventPage { events, next, is_partial } =
                store.events(&query, Order::OldestFirst, self.read_after, PAGE).await?;
            read += events.len();
            for event in events {
                self.take(store, event, unseen_for, &mut asked).await?;
            }
            self.read_after = next;
            if next.is_none() {
                self.read_until = until;
            }
            if is_partial {
                break;
            }
        }
        Ok(&self.new)
    }

    async fn take(
        &mut self,
        store: &dyn EventQueries,
        event: Event,
        unseen_for: Duration,
        asked: &mut usize,
    ) -> Result<(), PortError> {
        if event.message.is_empty() {
            return Ok(());
        }
        let (pattern, at) = (MessagePattern::of(&event.message), event.occurred_at);
        let since = at.minus(unseen_for);
        if let Some(seen_at) = self.seen.get_mut(&pattern)
            && *seen_at >= since
        {
            *seen_at = at.max(*seen_at);
            return Ok(());
        }
        if *asked >= MAX_ASKED {
            return Ok(());
        }
        *asked += 1;
        let before = self.of.filter.clone().and(pattern.condition());
        if self.has_learnt(store, at).await? && none(store, before, since, at).await? {
            self.new.push(event);
        }
        if self.seen.len() >= MAX_REMEMBERED {
            self.seen.clear();
        }
        self.seen.insert(pattern, at);
        Ok(())
    }

    async fn has_learnt(&mut self, store: &dyn EventQueries, at: Timestamp) -> Result<bool, PortError> {
        if !self.has_learnt {
            let until = at.minus(LEARNS_FOR);
            self.has_learnt = !none(store, EventFilter::default(), Timestamp::MIN, until).await?;
        }
        Ok(self.has_learnt)
    }
}

/// Whether the store has no such event in that range. A search that takes too long has not found none.
async fn none(
    store: &dyn EventQueries,
    filter: EventFilter,
    from: Timestamp,
    until: Timestamp,
) -> Result<bool, PortError> {
    let query = EventQuery { filter, time: from..until };
    let EventPage { events, is_partial, .. } = store.events(&query, Order::NewestFirst, None, 1).await?;
    Ok(events.is_empty() && !is_partial)
}
