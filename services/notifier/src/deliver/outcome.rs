//! Outcomes of attempts to send, and the time of the next attempt.

use crate::metrics::Attempt;
use std::time::Duration;
use watchkeeper_config::show_duration;
use watchkeeper_domain::{Notification, NotificationState, Timestamp};
use watchkeeper_ports::{Failure, Outcome, PortError};

/// The delay after the first failure; it doubles with each further one.
pub(crate) const RETRY_AFTER_AT_LEAST: Duration = Duration::from_secs(5);
/// The longest delay between two attempts, unless the server asks for more.
pub(crate) const RETRY_AFTER_AT_MOST: Duration = Duration::from_secs(10 * 60);
/// The longest delay that a server may ask for.
pub(super) const ASKED_AT_MOST: Duration = Duration::from_secs(60 * 60);

/// Why a notification was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SendError {
    /// Permanently.
    Rejected(String),
    /// Temporarily.
    Failed {
        /// Why it was not.
        reason: String,
        /// When to retry, if the server said so.
        retry_after: Option<Duration>,
    },
}

impl SendError {
    pub(crate) fn timed_out(after: Duration) -> Self {
        let reason = format!("not accepted within {} s", after.as_secs());
        Self::Failed { reason, retry_after: None }
    }
}

/// From a mailer: failures that only an operator can fix are retried too, as nothing else would send the notification
/// then.
impl From<PortError> for SendError {
    fn from(error: PortError) -> Self {
        match (error.failure(), error) {
            (Failure::Reject, PortError::Rejected { reason, .. }) => Self::Rejected(reason),
            (_, PortError::Unavailable { reason, .. }) => Self::Failed { reason, retry_after: None },
            (_, error) => Self::Failed { reason: error.to_string(), retry_after: None },
        }
    }
}

/// The outcome of an attempt that ended at `now`. The last attempt is made `give_up_after` the creation of the
/// notification.
pub(super) fn outcome(
    notification: &Notification,
    sent: Result<(), SendError>,
    now: Timestamp,
    give_up_after: Duration,
) -> Outcome {
    match sent {
        Ok(()) => Outcome::Delivered { at: now },
        Err(SendError::Rejected(reason)) => Outcome::GivenUp { at: now, reason },
        Err(SendError::Failed { reason, retry_after }) => {
            let last_at = notification.made_at.plus(give_up_after);
            if now >= last_at {
                let reason = format!("not delivered within {}: {reason}", show_duration(give_up_after));
                return Outcome::GivenUp { at: now, reason };
            }
            let wait = wait(failures(notification)).max(retry_after.unwrap_or_default().min(ASKED_AT_MOST));
            Outcome::Failed { retry_at: now.plus(wait).min(last_at), reason }
        }
    }
}

/// How many attempts failed before.
fn failures(notification: &Notification) -> u32 {
    match notification.state {
        NotificationState::Waiting { attempts, .. } => attempts,
        NotificationState::Delivered { .. }
        | NotificationState::GivenUp { .. }
        | NotificationState::Superseded { .. } => 0,
    }
}

/// The delay after a failure that so many preceded.
fn wait(failures: u32) -> Duration {
    RETRY_AFTER_AT_LEAST
        .saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX))
        .min(RETRY_AFTER_AT_MOST)
}

/// The metric label of an outcome.
pub(super) fn tells(outcome: &Outcome) -> Attempt {
    match outcome {
        Outcome::Delivered { .. } => Attempt::Delivered,
        Outcome::Failed { .. } | Outcome::Postponed { .. } => Attempt::Failed,
        Outcome::GivenUp { .. } => Attempt::GivenUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Channel;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn made_at() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn waiting(attempts: u32) -> Notification {
        Notification {
            id: "1".into(),
            group: String::new(),
            channel: Channel::Mail,
            recipient: "ops@example.org".into(),
            subject: String::new(),
            body: String::new(),
            made_at: made_at(),
            state: NotificationState::Waiting { attempts, next_at: made_at(), last_error: None },
        }
    }

    fn failed(retry_after: Option<Duration>) -> Result<(), SendError> {
        Err(SendError::Failed { reason: "refused".into(), retry_after })
    }

    /// How long after `now` the next attempt is made.
    fn retried_after(attempts: u32, retry_after: Option<Duration>, now: Timestamp) -> u64 {
        match outcome(&waiting(attempts), failed(retry_after), now, DAY) {
            Outcome::Failed { retry_at, .. } => retry_at.since(now).as_secs(),
            outcome => panic!("{outcome:?}"),
        }
    }

    #[test]
    fn what_was_taken_is_delivered_and_what_was_rejected_is_given_up() {
        let at = made_at();
        assert_eq!(outcome(&waiting(0), Ok(()), at, DAY), Outcome::Delivered { at });
        let rejected =
            SendError::from(PortError::Rejected { what: "mail", reason: "550 no such user".into() });
        let given_up = Outcome::GivenUp { at, reason: "550 no such user".into() };
        assert_eq!(outcome(&waiting(0), Err(rejected), at, DAY), given_up);
    }

    #[test]
    fn the_waits_between_attempts_double_up_to_ten_minutes() {
        let waits = [0, 1, 2, 6, 7, 8, 31, 32, u32::MAX].map(|failures| wait(failures).as_secs());
        assert_eq!(waits, [5, 10, 20, 320, 600, 600, 600, 600, 600]);
        assert_eq!(retried_after(1, None, made_at()), 10);
    }

    #[test]
    fn the_other_side_may_ask_for_a_longer_wait_but_not_for_any() {
        let asked = |seconds| retried_after(0, Some(Duration::from_secs(seconds)), made_at());
        assert_eq!([0, 4, 90, 3_600, 86_400].map(asked), [5, 5, 90, 3_600, 3_600]);
    }

    #[test]
    fn the_last_attempt_is_made_at_the_end_of_the_time() {
        let almost = made_at().plus(DAY).minus(Duration::from_secs(7));
        assert_eq!(retried_after(0, None, almost), 5);
        assert_eq!(retried_after(1, None, almost), 7);
        let at = made_at().plus(DAY);
        let given_up = Outcome::GivenUp { at, reason: "not delivered within 1d: refused".into() };
        assert_eq!(outcome(&waiting(9), failed(None), at, DAY), given_up);
    }

    #[test]
    fn what_an_operator_can_mend_is_tried_again() {
        let broken = PortError::Broken { what: "mail", reason: "no such directory".into() };
        let failed = |reason: &str| SendError::Failed { reason: reason.into(), retry_after: None };
        assert_eq!(SendError::from(broken), failed("mail is unusable: no such directory"));
        let away = PortError::Unavailable { what: "mail", reason: "connection refused".into() };
        assert_eq!(SendError::from(away), failed("connection refused"));
    }
}
