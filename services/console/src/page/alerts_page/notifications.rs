//! Who was told what.

use super::super::moment::Moment;
use crate::format::{count, cut};
use crate::gather::Outbox;
use watchkeeper_domain::{Notification, NotificationState, Timestamp};

/// Longest part of a text of a notification that is shown, in characters.
const SHOWN_CHARS: usize = 300;

/// The newest notifications.
pub(super) struct NotificationsPart {
    pub(super) rows: Vec<NotificationRow>,
    /// How many wait that are older than these, if any.
    pub(super) older_waiting: Option<String>,
}

/// One notification.
pub(super) struct NotificationRow {
    pub(super) made: Moment,
    pub(super) group: String,
    pub(super) subject: String,
    /// The way it goes.
    pub(super) channel: &'static str,
    pub(super) recipient: String,
    pub(super) state: StateText,
}

/// How far a notification has come, in words.
pub(super) enum StateText {
    /// The other side has taken it.
    Delivered(Moment),
    /// It is (again) to be sent.
    Waiting {
        /// How often that was tried, if it was.
        attempts: Option<String>,
        next: Moment,
        last_error: Option<String>,
    },
    /// It will not be sent.
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
