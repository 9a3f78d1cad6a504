//! Services that take notifications over HTTP. Each has a file with its options, the request for a message, and what its
//! answers mean beyond their status; [`SERVICES`] names them all.

mod discord;
mod fit;
mod gotify;
mod judge;
mod matrix;
mod message;
mod ntfy;
pub(crate) mod options;
mod pagerduty;
mod slack;
mod telegram;
#[cfg(test)]
mod tests;
mod webhook;

pub(crate) use message::ChatMessage;
pub(crate) use webhook::Webhook;
pub use webhook::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};

use crate::deliver::SendError;
use crate::http::HttpPoster;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_domain::{Channel, Notification, Timestamp};
use watchkeeper_http_client::HttpRequest;

/// A service that shows messages to people.
trait Adapter: Sync {
    /// The host, for errors.
    fn host(&self) -> &str;

    /// The request that shows `message`; the same for every attempt.
    fn request(&self, message: &ChatMessage) -> HttpRequest;

    /// How long a refusal with this JSON asks to wait, where the service says so in the body.
    fn wait(&self, _answer: &serde_json::Value) -> Option<Duration> {
        None
    }
}

/// The options of one service of a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Webhook(Webhook),
    Slack(slack::Slack),
    Discord(discord::Discord),
    Telegram(telegram::Telegram),
    Ntfy(ntfy::Ntfy),
    Gotify(gotify::Gotify),
    Matrix(matrix::Matrix),
    PagerDuty(pagerduty::PagerDuty),
}

/// Reads the options of a service; `None` is recorded as an error, or the file is only checked.
pub(crate) type Read = fn(&mut Section<'_>) -> Option<Service>;

/// Every service, by its key in `[[notifier.receiver]]`.
pub(crate) const SERVICES: [(&str, Read); 8] = [
    ("webhook", |section| Webhook::read(section).map(Service::Webhook)),
    ("slack", |section| slack::Slack::read(section).map(Service::Slack)),
    ("discord", |section| discord::Discord::read(section).map(Service::Discord)),
    ("telegram", |section| telegram::Telegram::read(section).map(Service::Telegram)),
    ("ntfy", |section| ntfy::Ntfy::read(section).map(Service::Ntfy)),
    ("gotify", |section| gotify::Gotify::read(section).map(Service::Gotify)),
    ("matrix", |section| matrix::Matrix::read(section).map(Service::Matrix)),
    ("pagerduty", |section| pagerduty::PagerDuty::read(section).map(Service::PagerDuty)),
];

impl Service {
    /// Its channel.
    pub(crate) fn channel(&self) -> Channel {
        match self {
            Self::Webhook(_) => Channel::Webhook,
            Self::Slack(_) => Channel::Slack,
            Self::Discord(_) => Channel::Discord,
            Self::Telegram(_) => Channel::Telegram,
            Self::Ntfy(_) => Channel::Ntfy,
            Self::Gotify(_) => Channel::Gotify,
            Self::Matrix(_) => Channel::Matrix,
            Self::PagerDuty(_) => Channel::PagerDuty,
        }
    }

    /// Sends a notification of this channel.
    ///
    /// # Errors
    /// Whether to retry: after a timeout, no connection, 408, 429 or 5xx. Any other status than 2xx means that the
    /// request itself is refused.
    pub(crate) async fn send(
        &self,
        poster: &HttpPoster,
        notification: &Notification,
        now: Timestamp,
    ) -> Result<(), SendError> {
        let adapter: &dyn Adapter = match self {
            Self::Webhook(webhook) => {
                let request = webhook.request(&notification.id, notification.body.clone(), now);
                return judge::judge(webhook.host(), poster.post(request).await, |_| None);
            }
            Self::Slack(slack) => slack,
            Self::Discord(discord) => discord,
            Self::Telegram(telegram) => telegram,
            Self::Ntfy(ntfy) => ntfy,
            Self::Gotify(gotify) => gotify,
            Self::Matrix(matrix) => matrix,
            Self::PagerDuty(pagerduty) => pagerduty,
        };
        let message = ChatMessage::read(&notification.body).map_err(SendError::Rejected)?;
        let answer = poster.post(adapter.request(&message)).await;
        judge::judge(adapter.host(), answer, |body| adapter.wait(body))
    }
}
