//! Notifications, grouped by event: what was decided about one group at one time, and each delivery of it.

use super::moment::Moment;
use crate::format::{count, cut};
use watchkeeper_domain::{Notification, NotificationState, Timestamp};

/// Maximum length of a text shown, in characters.
const SHOWN_CHARS: usize = 300;

/// One event.
pub(super) struct Event {
    pub(super) made: Moment,
    pub(super) group: String,
    pub(super) subject: String,
    pub(super) deliveries: Vec<Delivery>,
}

/// One notification of an event.
pub(super) struct Delivery {
    pub(super) id: String,
    pub(super) channel: &'static str,
    pub(super) recipient: String,
    pub(super) state: StateText,
    /// Whether it can be sent now: it waits after a failed attempt, or has failed.
    pub(super) can_retry: bool,
}

/// The delivery state of a notification.
pub(super) enum StateText {
    /// Accepted by the recipient.
    Delivered(Moment),
    /// To be sent, or sent again.
    Waiting {
        /// Failed attempts, if any.
        attempts: Option<String>,
        next: Moment,
        last_error: Option<String>,
    },
    /// Not sent, as a newer one took its place.
    Superseded(Moment),
    /// Failed permanently.
    GivenUp { moment: Moment, reason: String },
}

/// The events of `notifications`, which are newest first, in the same order.
pub(super) fn events(notifications: &[Notification], now: Timestamp) -> Vec<Event> {
    let mut events: Vec<(&Notification, Event)> = Vec::new();
    for notification in notifications {
        // Of one time, so among the last.
        let is_same = |(first, _): &&mut (&Notification, Event)| first.group == notification.group;
        let of_that_time =
            events.iter_mut().rev().take_while(|(first, _)| first.made_at == notification.made_at);
        match of_that_time.into_iter().find(is_same) {
            Some((_, event)) => event.deliveries.push(Delivery::new(notification, now)),
            None => events.push((notification, Event::new(notification, now))),
        }
    }
    events
        .into_iter()
        .map(|(_, mut event)| {
            // In the order in which they were stored.
            event.deliveries.reverse();
            event
        })
        .collect()
}

impl Event {
    fn new(first: &Notification, now: Timestamp) -> Self {
        Self {
            made: Moment::ago(first.made_at, now),
            group: cut(&first.group, SHOWN_CHARS),
            subject: cut(&first.subject, SHOWN_CHARS),
            deliveries: vec![Delivery::new(first, now)],
        }
    }
}

impl Delivery {
    fn new(notification: &Notification, now: Timestamp) -> Self {
        let cut = |text: &str| cut(text, SHOWN_CHARS);
        let state = match &notification.state {
            NotificationState::Delivered { at } => StateText::Delivered(Moment::ago(*at, now)),
            NotificationState::Waiting { attempts, next_at, last_error } => StateText::Waiting {
                attempts: attempts_text(*attempts),
                next: Moment::clock(*next_at, now),
                last_error: last_error.as_deref().map(cut),
            },
            NotificationState::Superseded { at, .. } => StateText::Superseded(Moment::ago(*at, now)),
            NotificationState::GivenUp { at, reason } => {
                StateText::GivenUp { moment: Moment::ago(*at, now), reason: cut(reason) }
            }
        };
        let waits =
            matches!(&notification.state, NotificationState::Waiting { next_at, .. } if *next_at > now);
        Self {
            id: notification.id.clone(),
            channel: notification.channel.name(),
            recipient: cut(&notification.recipient),
            can_retry: waits || matches!(state, StateText::GivenUp { .. }),
            state,
        }
    }
}

fn attempts_text(attempts: u32) -> Option<String> {
    match attempts {
        0 => None,
        1 => Some("1 attempt".to_owned()),
        more => Some(format!("{} attempts", count(more))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use watchkeeper_domain::Channel;

    fn made(id: &str, group: &str, second: u64) -> Notification {
        let made_at = Timestamp::MIN.plus(Duration::from_secs(second));
        Notification {
            id: id.into(),
            group: group.into(),
            channel: Channel::Mail,
            recipient: id.into(),
            subject: format!("about {group}"),
            body: String::new(),
            made_at,
            state: NotificationState::Delivered { at: made_at },
        }
    }

    #[test]
    fn one_alert_and_three_receivers_are_one_event_with_three_deliveries() {
        let newest_first = [
            made("6", "a", 20),
            made("5", "b", 10),
            made("4", "a", 10),
            made("3", "b", 10),
            made("2", "a", 10),
            made("1", "a", 10),
        ];
        let events = events(&newest_first, Timestamp::MAX);
        let shown: Vec<_> = events
            .iter()
            .map(|event| {
                let ids: Vec<_> = event.deliveries.iter().map(|delivery| delivery.id.as_str()).collect();
                (event.group.as_str(), ids)
            })
            .collect();
        assert_eq!(shown, [("a", vec!["6"]), ("b", vec!["3", "5"]), ("a", vec!["1", "2", "4"])]);
    }

    #[test]
    fn what_waits_or_has_failed_can_be_sent_now() {
        let now = Timestamp::MIN.plus(Duration::from_secs(60));
        let can_retry = |state| Delivery::new(&Notification { state, ..made("1", "a", 0) }, now).can_retry;
        let waiting = |second| NotificationState::Waiting {
            attempts: 1,
            next_at: Timestamp::MIN.plus(Duration::from_secs(second)),
            last_error: None,
        };
        assert!(
            can_retry(waiting(61))
                && can_retry(NotificationState::GivenUp { at: now, reason: String::new() })
        );
        assert!(!can_retry(waiting(60)) && !can_retry(NotificationState::Delivered { at: now }));
    }
}
