//! From a notice to a notification for the outbox.

use crate::config::MailAddress;
use crate::mail_body;
use crate::message::{Message, Templates};
use crate::plan::Notice;
use watchkeeper_domain::{Channel, Notification, NotificationState};
use watchkeeper_ports::Mail;

/// Writes notifications: all that is sent is written when it is decided, so that every attempt sends the same.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) templates: Templates,
    /// Who sends mail.
    pub(crate) from: MailAddress,
}

impl Outgoing {
    /// The notification that tells of `notice`.
    pub(crate) fn write(&self, notice: &Notice<'_>) -> Notification {
        let message = self.templates.message(notice);
        let subject = message.subject.clone();
        let body = match notice.recipient.channel {
            Channel::Mail => mail_body::write(self.mail(notice, message)),
            Channel::Webhook => self.templates.payload(notice),
        };
        Notification {
            id: notice.id.clone(),
            group: notice.group_name(),
            channel: notice.recipient.channel,
            recipient: notice.recipient.name.clone(),
            subject,
            body,
            made_at: notice.made_at,
            state: NotificationState::Waiting { attempts: 0, next_at: notice.made_at, last_error: None },
        }
    }

    fn mail(&self, notice: &Notice<'_>, Message { subject, text, html }: Message) -> Mail {
        Mail {
            id: notice.id.clone(),
            follows: notice.follows.clone(),
            from: self.from.as_str().to_owned(),
            to: notice.recipient.name.clone(),
            subject,
            text,
            html,
            date: notice.made_at,
        }
    }
}
