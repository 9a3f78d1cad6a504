//! Turns notices into notifications for the outbox.

use crate::channels::ChatMessage;
use crate::mail_body;
use crate::message::{Message, Templates};
use crate::plan::{Notice, Recipient};
use watchkeeper_domain::{Channel, MailAddress, Notification, NotificationState};
use watchkeeper_ports::Mail;

/// Writes notifications: the complete content is written when a notice is decided, so that every attempt sends the
/// same.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) templates: Templates,
    /// The sender address.
    pub(crate) from: MailAddress,
    /// The URL of the alerts page, if configured.
    pub(crate) page: Option<String>,
}

impl Outgoing {
    /// The notification for `notice`.
    pub(crate) fn write(&self, notice: &Notice<'_>) -> Notification {
        let message = self.templates.message(notice);
        let subject = message.subject.clone();
        let body = match &notice.recipient {
            Recipient::Mail(to) => mail_body::write(self.mail(notice, to, message)),
            Recipient::Service(Channel::Webhook, receiver) => self.templates.body(receiver, notice, &message),
            Recipient::Service(..) => ChatMessage::new(notice, &message, self.page.as_deref()).write(),
        };
        Notification {
            id: notice.id.clone(),
            group: notice.group_name(),
            channel: notice.recipient.channel(),
            recipient: notice.recipient.name().to_owned(),
            subject,
            body,
            made_at: notice.made_at,
            state: NotificationState::Waiting { attempts: 0, next_at: notice.made_at, last_error: None },
        }
    }

    fn mail(&self, notice: &Notice<'_>, to: &MailAddress, Message { subject, text, html }: Message) -> Mail {
        Mail {
            id: notice.id.clone(),
            follows: notice.follows.clone(),
            from: self.from.clone(),
            to: to.clone(),
            subject,
            text,
            html,
            attachment: None,
            date: notice.made_at,
        }
    }
}
