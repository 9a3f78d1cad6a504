//! Recipients that have asked for a pause, as with `Retry-After`: until its end they get nothing, so that what waits
//! for them is not refused one by one, and comes in its order afterwards.
//!
//! Kept in memory: another notifier asks once, and is told.

use super::outcome::{ASKED_AT_MOST, SendError};
use parking_lot::Mutex;
use std::collections::HashMap;
use watchkeeper_domain::{Channel, Notification, Timestamp};
use watchkeeper_ports::Outcome;

/// The ends of the pauses. At most one for each recipient, as ended ones are removed by the next.
#[derive(Debug, Default)]
pub(super) struct Pauses(Mutex<HashMap<(Channel, String), Timestamp>>);

impl Pauses {
    /// What becomes of a notification whose recipient has a pause at `now`.
    pub(super) fn of(&self, notification: &Notification, now: Timestamp) -> Option<Outcome> {
        let until = *self.0.lock().get(&recipient(notification))?;
        (now < until).then(|| Outcome::Postponed {
            until,
            reason: format!("{} asked for a pause until {until}", notification.channel.name()),
        })
    }

    /// Notes what an attempt that ended at `now` asks for.
    pub(super) fn note(&self, notification: &Notification, sent: &Result<(), SendError>, now: Timestamp) {
        if let Err(SendError::Failed { retry_after: Some(wait), .. }) = sent {
            let mut pauses = self.0.lock();
            pauses.retain(|_, until| now < *until);
            pauses.insert(recipient(notification), now.plus((*wait).min(ASKED_AT_MOST)));
        }
    }
}

fn recipient(notification: &Notification) -> (Channel, String) {
    (notification.channel, notification.recipient.clone())
}
