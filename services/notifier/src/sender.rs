//! Sends one notification by its channel.

use crate::config::{NotifierConfig, ServiceConfig};
use crate::deliver::SendError;
use crate::http::HttpPoster;
use crate::mail_body;
use std::sync::Arc;
use watchkeeper_domain::{Channel, Notification, Timestamp};
use watchkeeper_ports::Mailer;

/// Mail and the services over HTTP.
pub(crate) struct Sender {
    mailer: Arc<dyn Mailer>,
    poster: HttpPoster,
}

impl Sender {
    pub(crate) fn new(mailer: Arc<dyn Mailer>) -> Self {
        Self { mailer, poster: HttpPoster::new() }
    }

    /// Sends it at `now` with the options of `config`.
    ///
    /// # Errors
    /// Whether to retry.
    pub(crate) async fn send(
        &self,
        config: &NotifierConfig,
        notification: &Notification,
        now: Timestamp,
    ) -> Result<(), SendError> {
        if notification.channel == Channel::Mail {
            let mail = mail_body::read(&notification.body);
            let mail = mail.map_err(|error| SendError::Rejected(error.to_string()))?;
            return Ok(self.mailer.send(&mail).await?);
        }
        let ServiceConfig { service, access } = service(config, notification)?;
        service.send(&self.poster.with(access), notification, now).await
    }
}

fn service<'c>(
    config: &'c NotifierConfig,
    notification: &Notification,
) -> Result<&'c ServiceConfig, SendError> {
    let (channel, receiver) = (notification.channel, &notification.recipient);
    config.service(channel, receiver).ok_or_else(|| {
        let channel = channel.name();
        SendError::Rejected(format!("the configuration has no receiver {receiver} with {channel} anymore"))
    })
}
