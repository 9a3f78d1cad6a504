//! Sending what waits in the outbox: claim → send → settle.

mod outcome;

pub(crate) use outcome::SendError;

use crate::config::{NotifierConfig, Webhook};
use crate::http::{HttpPoster, POST_WITHIN};
use crate::mail_body;
use crate::metrics::NotifierMetrics;
use crate::webhook;
use outcome::{outcome, tells};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use watchkeeper_domain::{Channel, Notification, Timestamp};
use watchkeeper_ports::{Failure, Mailer, NotificationStore, Outcome, PortError};
use watchkeeper_runtime::{Dependency, RoleContext, RoleResult, STOP_TIMEOUT, retry};

/// How often the outbox is looked into when nobody says that there is something new.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Most notifications that are being sent at once.
pub(crate) const MAX_AT_ONCE: usize = 8;
/// How long one attempt to send may take.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// How long nobody else sends what was claimed here.
const LEASE: Duration = Duration::from_secs(2 * 60);
/// How long what is being sent may take to finish once the role is asked to stop. What does not is sent
/// again when the lease has run out.
const FINISH_WITHIN: Duration = Duration::from_secs(15);

const _: () = assert!(POST_WITHIN.as_secs() < SEND_WITHIN.as_secs());
const _: () = assert!(2 * SEND_WITHIN.as_secs() <= LEASE.as_secs(), "a claim outlives the longest send");
const _: () = assert!(FINISH_WITHIN.as_secs() < STOP_TIMEOUT.as_secs());

/// Sends notifications, each by its channel.
pub(crate) struct Deliverer {
    store: Arc<dyn NotificationStore>,
    mailer: Arc<dyn Mailer>,
    poster: HttpPoster,
    webhooks: HashMap<String, Webhook>,
    give_up_after: Duration,
    metrics: Arc<NotifierMetrics>,
}

impl Deliverer {
    pub(crate) fn new(
        config: &NotifierConfig,
        store: Arc<dyn NotificationStore>,
        mailer: Arc<dyn Mailer>,
        metrics: Arc<NotifierMetrics>,
    ) -> Self {
        let webhooks = config
            .receivers
            .iter()
            .filter_map(|receiver| Some((receiver.name.clone(), receiver.webhook.clone()?)));
        Self {
            store,
            mailer,
            poster: HttpPoster::new(),
            webhooks: webhooks.collect(),
            give_up_after: config.give_up_after,
            metrics,
        }
    }

    /// Takes up to `limit` notifications that are to be sent by `now`; nobody else does so while the claim holds.
    pub(crate) async fn claim(&self, now: Timestamp, limit: usize) -> Result<Vec<Notification>, PortError> {
        self.store.claim(now, LEASE, limit).await
    }

    /// Tries to send, beginning at `now`, and says what is to be noted of it.
    pub(crate) async fn attempt(&self, notification: &Notification, now: Timestamp) -> Outcome {
        let begun = Instant::now();
        let sent = timeout(SEND_WITHIN, self.send(notification, now)).await;
        let sent = sent.unwrap_or_else(|_| Err(SendError::timed_out(SEND_WITHIN)));
        let outcome = outcome(notification, sent, now.plus(begun.elapsed()), self.give_up_after);
        self.metrics.attempted(notification.channel, tells(&outcome));
        log(notification, &outcome);
        outcome
    }

    /// Notes what came of an attempt.
    pub(crate) async fn settle(&self, id: &str, outcome: &Outcome) -> Result<(), PortError> {
        self.store.settle(id, outcome).await
    }

    async fn send(&self, notification: &Notification, now: Timestamp) -> Result<(), SendError> {
        match notification.channel {
            Channel::Mail => {
                let mail = mail_body::read(&notification.body);
                let mail = mail.map_err(|error| SendError::Rejected(error.to_string()))?;
                Ok(self.mailer.send(&mail).await?)
            }
            Channel::Webhook => {
                let Some(webhook) = self.webhooks.get(&notification.recipient) else {
                    let reason = format!("no receiver {} has a webhook any more", notification.recipient);
                    return Err(SendError::Rejected(reason));
                };
                webhook::send(&self.poster, webhook, &notification.id, notification.body.clone(), now).await
            }
        }
    }
}

fn log(notification: &Notification, outcome: &Outcome) {
    let (id, channel) = (&notification.id, notification.channel.name());
    match outcome {
        Outcome::Delivered { .. } => tracing::info!(id, channel, "notification delivered"),
        Outcome::Failed { retry_at, reason } => {
            tracing::warn!(id, channel, reason, %retry_at, "notification not delivered yet");
        }
        Outcome::GivenUp { reason, .. } => tracing::error!(id, channel, reason, "notification given up"),
    }
}

/// Sends what waits until asked to stop, `news` being told when there is more; then finishes what is being
/// sent.
pub(crate) async fn keep_delivering(
    context: RoleContext,
    deliverer: Arc<Deliverer>,
    news: Arc<Notify>,
) -> RoleResult {
    let outbox = context.dependency("outbox");
    let heartbeat = context.heartbeat("deliver");
    let mut due = interval(LOOK_EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut under_way = JoinSet::new();
    loop {
        let next = async {
            tokio::select! {
                () = context.shutdown().cancelled() => {}
                _ = due.tick() => {}
                () = news.notified() => {}
                Some(_) = under_way.join_next() => {}
            }
        };
        heartbeat.idle(next).await;
        if context.shutdown().is_cancelled() {
            break;
        }
        let room = MAX_AT_ONCE - under_way.len();
        if room == 0 {
            continue;
        }
        match deliverer.claim(Timestamp::now(), room).await {
            Ok(claimed) => {
                outbox.up();
                for notification in claimed {
                    let (context, outbox, deliverer) =
                        (context.clone(), outbox.clone(), Arc::clone(&deliverer));
                    under_way.spawn(deliver(context, outbox, deliverer, notification));
                }
            }
            Err(error) if error.failure() == Failure::Stop => return Err(error.into()),
            Err(error) => outbox.down(error),
        }
    }
    let finished = async { while under_way.join_next().await.is_some() {} };
    if heartbeat.idle(timeout(FINISH_WITHIN, finished)).await.is_err() {
        tracing::warn!("stopped while notifications were being sent: they are sent again");
    }
    Ok(())
}

/// Sends one notification and notes what came of it, for as long as that takes: what was sent and not noted
/// would be sent again.
async fn deliver(
    context: RoleContext,
    outbox: Dependency,
    deliverer: Arc<Deliverer>,
    notification: Notification,
) {
    let heartbeat = context.heartbeat("send");
    let outcome = heartbeat.idle(deliverer.attempt(&notification, Timestamp::now())).await;
    let settled = retry(&context, &heartbeat, &outbox, || deliverer.settle(&notification.id, &outcome)).await;
    if let Err(error) = settled {
        tracing::warn!(id = notification.id, %error, "what came of a notification was not noted");
    }
}

#[cfg(test)]
mod tests;
