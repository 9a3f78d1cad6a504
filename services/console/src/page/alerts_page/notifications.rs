//! The notifications of the chosen time.

use super::super::events::{Event, events};
use super::super::listed::Listed;
use crate::format::count;
use crate::gather::{MAX_NOTIFICATIONS_READ, Notifications, Outbox};
use watchkeeper_domain::Timestamp;
use watchkeeper_query::Answer;

/// Maximum number of events shown.
const SHOWN_EVENTS: usize = 50;

pub(super) struct NotificationsPart {
    pub(super) events: Listed<Event>,
    /// How many notifications were read, if more were made in that time.
    pub(super) read: Option<String>,
    /// How many are pending, if any.
    pub(super) pending: Option<String>,
}

impl NotificationsPart {
    pub(super) fn new(notifications: &Notifications, outbox: &Answer<Outbox>, now: Timestamp) -> Self {
        let pending = outbox.as_ref().map_or(0, |outbox| outbox.waiting);
        let events = events(&notifications.newest, now);
        Self {
            events: Listed::first(events.into_iter(), SHOWN_EVENTS, |event| event),
            read: notifications.more.then(|| count(MAX_NOTIFICATIONS_READ)),
            pending: (pending > 0).then(|| count(pending)),
        }
    }
}
