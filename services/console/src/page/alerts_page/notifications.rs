//! The newest notifications.

use super::super::moment::Moment;
use crate::format::{count, cut};
use crate::gather::Outbox;
use watchkeeper_domain::{Notification, NotificationState, Timestamp};

/// Maximum length of a text shown, in characters.
const SHOWN_CHARS: usize = 300;

pub(super) struct NotificationsPart {
    pub(super) rows: Vec<NotificationRow>,
    /// How many older ones are pending, if any.
    pub(super) older_waiting: Option<String>,
}

pub(super) struct NotificationRow {
    pub(super) made: Moment,
    pub(super) group: String,
    pub(super) subject: String,
    pub(super) channel: &'static str,
    pub(super) recipient: String,
    pub(super) state: StateText,
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

impl NotificationsPart {
    pub(super) fn new(outbox: &Outbox, now: Timestamp) -> Self {
        let older_waiting = outbox.older_waiting();
        Self {
            rows: outbox.newest.iter().map(|notification| NotificationRow::new(notification, now)).collect(),
            older_waiting: (older_waiting > 0).then(|| count(older_waiting)),
        }
    }
}

impl NotificationRow {
    fn new(notification: &Notification, now: Timestamp) -> Self {
        let cut = |text: &str| cut(text, SHOWN_CHARS);
        Self {
            made: Moment::ago(notification.made_at, now),
            group: cut(&notification.group),
            subject: cut(&notification.subject),
            channel: notification.channel.name(),
            recipient: cut(&notification.recipient),
            state: match &notification.state {
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
            },
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
