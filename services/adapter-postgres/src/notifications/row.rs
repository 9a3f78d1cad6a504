//! A notification as a row.

use crate::error::Error;
use crate::instant::Instant;
use tokio_postgres::Row;
use watchkeeper_domain::{Channel, Notification, NotificationState};

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
pub(super) fn state_columns(state: &NotificationState) -> (&'static str, i64, Instant, Option<&str>) {
    match state {
        NotificationState::Waiting { attempts, next_at, last_error } => {
            (WAITING, i64::from(*attempts), Instant(*next_at), last_error.as_deref())
        }
        NotificationState::Delivered { at } => (DELIVERED, 0, Instant(*at), None),
        NotificationState::GivenUp { at, reason } => (GIVEN_UP, 0, Instant(*at), Some(reason)),
        NotificationState::Superseded { at, by } => (SUPERSEDED, 0, Instant(*at), Some(by)),
    }
}

/// The notification in a row of [`COLUMNS`].
pub(super) fn read(row: &Row) -> Result<Notification, Error> {
    Ok(Notification {
        id: row.try_get(0)?,
        group: row.try_get(1)?,
        channel: channel(row.try_get(2)?)?,
        recipient: row.try_get(3)?,
        subject: row.try_get(4)?,
        body: row.try_get(5)?,
        made_at: row.try_get::<_, Instant>(6)?.0,
        state: read_state(row)?,
    })
}

fn read_state(row: &Row) -> Result<NotificationState, Error> {
    let Instant(at) = row.try_get(9)?;
    match row.try_get(7)? {
        WAITING => {
            let attempts: i64 = row.try_get(8)?;
            let attempts = u32::try_from(attempts)
                .map_err(|_| Error::Broken(format!("a notification has {attempts} attempts")))?;
            Ok(NotificationState::Waiting { attempts, next_at: at, last_error: row.try_get(10)? })
        }
        DELIVERED => Ok(NotificationState::Delivered { at }),
        GIVEN_UP => Ok(NotificationState::GivenUp { at, reason: row.try_get(10)? }),
        SUPERSEDED => Ok(NotificationState::Superseded { at, by: row.try_get(10)? }),
        other => Err(Error::Broken(format!("a notification has the unknown state {other:?}"))),
    }
}

fn channel(name: &str) -> Result<Channel, Error> {
    Channel::ALL
        .into_iter()
        .find(|channel| channel.name() == name)
        .ok_or_else(|| Error::Broken(format!("a notification has the unknown channel {name:?}")))
}
