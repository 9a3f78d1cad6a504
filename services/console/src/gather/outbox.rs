//! The newest notifications, and how many are pending.

use watchkeeper_domain::{Notification, NotificationState, Timestamp};
use watchkeeper_ports::{NotificationStore, PortError};

/// Notifications read per page, the newest.
pub const MAX_NOTIFICATIONS: usize = 20;

/// The newest notifications, and how many are pending.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outbox {
    /// Newest first.
    pub(crate) newest: Vec<Notification>,
    /// How many are pending, including those that were not read.
    pub(crate) waiting: u64,
}

/// When the oldest pending notification was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitingSince {
    /// At this time.
    Exactly(Timestamp),
    /// Before this time: it is older than those that were read.
    Before(Timestamp),
}

impl Outbox {
    /// How many pending notifications are older than those that were read.
    pub(crate) fn older_waiting(&self) -> u64 {
        self.waiting.saturating_sub(self.newest_waiting().count() as u64)
    }

    /// `None` if none is pending.
    pub(crate) fn waiting_since(&self) -> Option<WaitingSince> {
        if self.older_waiting() > 0 {
            return Some(WaitingSince::Before(self.newest.last()?.made_at));
        }
        Some(WaitingSince::Exactly(self.newest_waiting().last()?.made_at))
    }

    fn newest_waiting(&self) -> impl Iterator<Item = &Notification> {
        self.newest.iter().filter(|one| matches!(one.state, NotificationState::Waiting { .. }))
    }
}

pub(super) async fn newest(store: &dyn NotificationStore) -> Result<Outbox, PortError> {
    let (newest, waiting) = tokio::try_join!(store.newest(MAX_NOTIFICATIONS), store.waiting())?;
    Ok(Outbox { newest, waiting })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use watchkeeper_domain::Channel;

    fn at(second: u64) -> Timestamp {
        Timestamp::MIN.plus(Duration::from_secs(second))
    }

    fn made(second: u64, waits: bool) -> Notification {
        let waiting = NotificationState::Waiting { attempts: 0, next_at: at(second), last_error: None };
        Notification {
            id: second.to_string(),
            group: String::new(),
            channel: Channel::Mail,
            recipient: String::new(),
            subject: String::new(),
            body: String::new(),
            made_at: at(second),
            state: if waits { waiting } else { NotificationState::Delivered { at: at(second) } },
        }
    }

    #[test]
    fn the_longest_wait_is_known_if_all_that_wait_were_read() {
        let newest = vec![made(9, false), made(8, true), made(7, true), made(6, false)];
        let since = |waiting| Outbox { newest: newest.clone(), waiting }.waiting_since();
        assert_eq!(since(2), Some(WaitingSince::Exactly(at(7))));
        assert_eq!(since(3), Some(WaitingSince::Before(at(6))));
        assert_eq!(Outbox::default().waiting_since(), None);
    }
}
