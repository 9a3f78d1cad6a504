//! Notifications.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchkeeper_domain::{Notification, NotificationState};

/// One message to one recipient for one group of alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotificationJson {
    /// ID; stays the same when it is sent again.
    pub id: String,
    /// The group of alerts.
    #[schema(example = "rule=site_down")]
    pub group: String,
    /// Channel: `mail`, `webhook`, `slack`, `discord`, `telegram`, `ntfy`, `gotify`, `matrix` or `pagerduty`.
    #[schema(example = "mail")]
    pub channel: String,
    /// The mail address, or the name of the receiver.
    #[schema(example = "ops@example.org")]
    pub recipient: String,
    /// Summary in one line.
    pub subject: String,
    /// When it was created.
    #[schema(example = "2026-11-20T10:00:30Z", format = DateTime)]
    pub made_at: String,
    /// State: `waiting` (pending), `delivered`, `given-up` (failed permanently) or `superseded` (a newer one about the
    /// same group took its place).
    #[schema(example = "waiting")]
    pub state: String,
    /// Number of failed attempts; only while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Time of the next attempt; only while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub next_attempt_at: Option<String>,
    /// When it was delivered, failed permanently or was superseded; omitted while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub settled_at: Option<String>,
    /// Error of the last failed attempt, or why it failed permanently; omitted if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "connection refused")]
    pub error: Option<String>,
    /// The id of the notification that took its place; only if it was superseded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
}

/// The newest notifications, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotificationList {
    /// The notifications.
    pub notifications: Vec<NotificationJson>,
}

/// The answer to a request to send a notification now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetryJson {
    /// ID of the notification.
    pub id: String,
    /// `due`: it is sent within a second. `under-way`: it was about to be sent already.
    #[schema(example = "due")]
    pub result: String,
}

impl From<&Notification> for NotificationJson {
    fn from(notification: &Notification) -> Self {
        let unsettled = Self {
            id: notification.id.clone(),
            group: notification.group.clone(),
            channel: notification.channel.name().to_owned(),
            recipient: notification.recipient.clone(),
            subject: notification.subject.clone(),
            made_at: notification.made_at.to_string(),
            state: String::new(),
            attempts: None,
            next_attempt_at: None,
            settled_at: None,
            error: None,
            superseded_by: None,
        };
        match &notification.state {
            NotificationState::Waiting { attempts, next_at, last_error } => Self {
                state: "waiting".to_owned(),
                attempts: Some(*attempts),
                next_attempt_at: Some(next_at.to_string()),
                error: last_error.clone(),
                ..unsettled
            },
            NotificationState::Delivered { at } => {
                Self { state: "delivered".to_owned(), settled_at: Some(at.to_string()), ..unsettled }
            }
            NotificationState::GivenUp { at, reason } => Self {
                state: "given-up".to_owned(),
                settled_at: Some(at.to_string()),
                error: Some(reason.clone()),
                ..unsettled
            },
            NotificationState::Superseded { at, by } => Self {
                state: "superseded".to_owned(),
                settled_at: Some(at.to_string()),
                superseded_by: Some(by.clone()),
                ..unsettled
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::{Channel, Timestamp};

    fn shown(state: NotificationState) -> String {
        let notification = Notification {
            id: "n1".into(),
            group: "rule=busy".into(),
            channel: Channel::Mail,
            recipient: "ops@example.org".into(),
            subject: "busy".into(),
            body: "is 9".into(),
            made_at: Timestamp::MIN,
            state,
        };
        let json = serde_json::to_string(&NotificationJson::from(&notification)).unwrap();
        let what = concat!(
            r#"{"id":"n1","group":"rule=busy","channel":"mail","recipient":"ops@example.org","#,
            r#""subject":"busy","made_at":"1970-01-01T00:00:00Z","#
        );
        json.strip_prefix(what).unwrap().to_owned()
    }

    #[test]
    fn a_notification_says_how_far_it_has_come_and_not_what_it_holds() {
        let at = Timestamp::MIN;
        let waiting = |last_error| NotificationState::Waiting { attempts: 2, next_at: at, last_error };
        assert_eq!(
            shown(waiting(None)),
            r#""state":"waiting","attempts":2,"next_attempt_at":"1970-01-01T00:00:00Z"}"#
        );
        assert!(shown(waiting(Some("refused".into()))).ends_with(r#","error":"refused"}"#));
        assert_eq!(
            shown(NotificationState::Delivered { at }),
            r#""state":"delivered","settled_at":"1970-01-01T00:00:00Z"}"#
        );
        assert_eq!(
            shown(NotificationState::GivenUp { at, reason: "no such mailbox".into() }),
            r#""state":"given-up","settled_at":"1970-01-01T00:00:00Z","error":"no such mailbox"}"#
        );
        assert_eq!(
            shown(NotificationState::Superseded { at, by: "n2".into() }),
            r#""state":"superseded","settled_at":"1970-01-01T00:00:00Z","superseded_by":"n2"}"#
        );
    }
}
