//! Test messages through the configured channels, outside the outbox.

use crate::deliver::SendError;
use crate::plan::{News, Notice, Recipient, Told, Why};
use crate::sender::Sender;
use crate::settings::NotifierSettings;
use std::sync::Arc;
use watchkeeper_config::show_duration;
use watchkeeper_domain::{Alert, Channel, Series, Severity, Timestamp};
use watchkeeper_ports::Mailer;

/// The rule that a test message names.
pub(crate) const RULE: &str = "notify_test";

/// What became of a message for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The channel.
    pub channel: Channel,
    /// The mail address, or the name of the receiver.
    pub recipient: String,
    /// Why the message was not accepted, if so.
    pub failure: Option<String>,
}

/// Sends a test message to each recipient of the receiver `name`, one after another, in the words of the configured
/// templates. What opens an incident at `PagerDuty` is resolved at once.
///
/// # Errors
/// The names of all receivers, if there is none of this name.
pub async fn try_receiver(
    settings: &NotifierSettings,
    name: &str,
    mailer: Arc<dyn Mailer>,
    now: Timestamp,
) -> Result<Vec<Trial>, Vec<String>> {
    let receivers = settings.config.planned();
    let Some(receiver) = receivers.iter().find(|receiver| receiver.name == name) else {
        return Err(receivers.into_iter().map(|receiver| receiver.name).collect());
    };
    let sender = Sender::new(mailer);
    let mut trials = Vec::new();
    for (index, recipient) in receiver.recipients.iter().enumerate() {
        let id = format!("test-{}-{index}", now.as_micros());
        let mut sent = send(settings, &sender, recipient, &id, name, now, Why::First).await;
        if sent.is_ok() && recipient.channel() == Channel::PagerDuty {
            sent = send(settings, &sender, recipient, &id, name, now, Why::Recovered).await;
        }
        trials.push(Trial {
            channel: recipient.channel(),
            recipient: recipient.name().to_owned(),
            failure: sent.err().map(reason),
        });
    }
    Ok(trials)
}

async fn send(
    settings: &NotifierSettings,
    sender: &Sender,
    recipient: &Recipient,
    id: &str,
    receiver: &str,
    now: Timestamp,
    why: Why,
) -> Result<(), SendError> {
    let is_over = why == Why::Recovered;
    let alert = alert(receiver, now, is_over);
    let notice = Notice {
        id: if is_over { format!("{id}-over") } else { id.to_owned() },
        follows: is_over.then(|| id.to_owned()),
        recipient: recipient.clone(),
        group: vec![("rule".to_owned(), RULE.to_owned())],
        why,
        alerts: vec![Told { news: if is_over { News::Cleared } else { News::Fires }, alert: &alert }],
        muted: 0,
        escalated_after: None,
        made_at: now,
    };
    sender.send(&settings.config, &settings.outgoing.write(&notice), now).await
}

fn alert(receiver: &str, now: Timestamp, is_over: bool) -> Alert {
    let labels = [("receiver", receiver)];
    let series =
        Series::new("watchkeeper", "notify_test", "", &labels).expect("a receiver's name is a label's value");
    Alert {
        rule: RULE.to_owned(),
        series: Arc::new(series),
        severity: Severity::Info,
        fired_at: now,
        cleared_at: is_over.then_some(now),
        value: None,
        reason: "is being tested: nothing is wrong".to_owned(),
        acknowledged: None,
    }
}

/// Why a message was not accepted, for people.
pub(crate) fn reason(error: SendError) -> String {
    match error {
        SendError::Rejected(reason) | SendError::Failed { reason, retry_after: None } => reason,
        SendError::Failed { reason, retry_after: Some(wait) } => {
            format!("{reason} (asks to wait for {})", show_duration(wait))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use watchkeeper_test_kit::{Server, mailbox, rejected};

    fn trial(channel: Channel, recipient: &str, failure: Option<&str>) -> Trial {
        Trial { channel, recipient: recipient.to_owned(), failure: failure.map(str::to_owned) }
    }

    #[tokio::test]
    async fn every_recipient_of_the_receiver_gets_a_message_and_its_outcome_is_told() {
        let server = Server::scripted([StatusCode::OK, StatusCode::NOT_FOUND]).await;
        let text = format!(
            "[[notifier.receiver]]\nname = 'ops'\nmail = ['a@example.org', 'b@example.org']\n\
             webhook.url = '{0}'\nntfy = {{ url = '{0}', topic = 'ops' }}\n\
             [[notifier.receiver]]\nname = 'other'\nwebhook.url = '{0}'\n",
            server.url
        );
        let settings = NotifierSettings::of(&text).current();
        let mailbox = mailbox();
        mailbox.refuse_when(|mail| (mail.to.as_str() == "b@example.org").then(|| rejected("mail", "550 no")));
        let now = Timestamp::now();
        let trials = try_receiver(&settings, "ops", mailbox.clone(), now).await.unwrap();
        let expected = [
            trial(Channel::Mail, "a@example.org", None),
            trial(Channel::Mail, "b@example.org", Some("550 no")),
            trial(Channel::Webhook, "ops", None),
            trial(Channel::Ntfy, "ops", Some("127.0.0.1 answered 404")),
        ];
        assert_eq!(trials, expected);
        assert_eq!(server.requests().len(), 2, "the other receiver gets nothing");
        let subject = "[info] notify_test: ops is being tested: nothing is wrong";
        assert_eq!(mailbox.noted()[0].subject, subject);
        let unknown = try_receiver(&settings, "oops", mailbox, now).await;
        assert_eq!(unknown, Err(vec!["ops".to_owned(), "other".to_owned()]));
    }
}
