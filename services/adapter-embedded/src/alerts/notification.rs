//! A notification as a row.

use crate::sqlite::{Error, timestamp};
use rusqlite::Row;
use watchkeeper_domain::{Channel, Notification, NotificationState, Timestamp};

pub(super) const COLUMNS: &str =
    "id, group_name, channel, recipient, subject, body, made_at, state, attempts, at, reason";

/// In column `state`: waits to be sent.
pub(super) const WAITING: &str = "waiting";
/// Accepted by the recipient's side.
pub(super) const DELIVERED: &str = "delivered";
/// Not retried.
pub(super) const GIVEN_UP: &str = "given up";

/// Not sent, as a newer one took its place; `reason` is the id of that.
pub(super) const SUPERSEDED: &str = "superseded";

/// The columns `state, attempts, at, reason`.
pub(super) fn state_columns(state: &NotificationState) -> (&'static str, u32, Timestamp, Option<&str>) {
    match state {
        NotificationState::Waiting { attempts, next_at, last_error } => {
            (WAITING, *attempts, *next_at, last_error.as_deref())
        }
        NotificationState::Delivered { at } => (DELIVERED, 0, *at, None),
        NotificationState::GivenUp { at, reason } => (GIVEN_UP, 0, *at, Some(reason)),
        NotificationState::Superseded { at, by } => (SUPERSEDED, 0, *at, Some(by)),
    }
}

/// The notification in a row of [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> Result<Notification, Error> {
    let channel: String = row.get(2)?;
    Ok(Notification {
        id: row.get(0)?,
        group: row.get(1)?,
        channel: channel_of(&channel)?,
        recipient: row.get(3)?,
        subject: row.get(4)?,
        body: row.get(5)?,
        made_at: timestamp(row.get(6)?)?,
        state: read_state(row)?,
    })
}

fn read_state(row: &Row<'_>) -> Result<NotificationState, Error> {
    let at = timestamp(row.get(9)?)?;
    let state: String = row.get(7)?;
    match state.as_str() {
        WAITING => {
            Ok(NotificationState::Waiting { attempts: row.get(8)?, next_at: at, last_error: row.get(10)? })
        }
        DELIVERED => Ok(NotificationState::Delivered { at }),
        GIVEN_UP => Ok(NotificationState::GivenUp { at, reason: row.get(10)? }),
        SUPERSEDED => Ok(NotificationState::Superseded { at, by: row.get(10)? }),
        other => Err(Error::Broken(format!("a notification has the unknown state {other:?}"))),
    }
}

fn channel_of(name: &str) -> Result<Channel, Error> {
    Channel::ALL
        .into_iter()
        .find(|channel| channel.name() == name)
        .ok_or_else(|| Error::Broken(format!("a notification has the unknown channel {name:?}")))
}
