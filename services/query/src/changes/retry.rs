//! Sends a notification now.

use super::error::ChangeError;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{NotificationStore, Retried};

/// What follows from the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It is sent within a second, if a notifier runs.
    Due,
    /// It was about to be sent already.
    UnderWay,
}

/// Makes the notification with this id due at `now`, if it waits for its next attempt or has failed permanently.
///
/// # Errors
/// [`ChangeError::NotFound`]; [`ChangeError::Conflict`] if it was delivered or a newer one takes its place; those of the
/// store.
pub async fn retry_notification(
    store: &dyn NotificationStore,
    id: &str,
    now: Timestamp,
) -> Result<Retry, ChangeError> {
    let conflict = |reason: &str| Err(ChangeError::Conflict(format!("notification {id} {reason}")));
    match store.retry(id, now).await? {
        Retried::Due => {
            tracing::info!(notification = id, "notification made due");
            Ok(Retry::Due)
        }
        Retried::UnderWay => Ok(Retry::UnderWay),
        Retried::Settled => conflict("was delivered or superseded, and is not sent again"),
        Retried::Outdated => conflict("is outdated: a newer one of its group is pending or was delivered"),
        Retried::Unknown => Err(ChangeError::NotFound(format!("notification {id}"))),
    }
}
