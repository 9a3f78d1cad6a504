//! Messages about a unit of systemd that has failed, to all receivers directly: the notifier, and with it the outbox, may
//! be what failed.

use crate::deliver::{MAX_AT_ONCE, RETRY_AFTER_AT_LEAST, SendError};
use crate::plan::{News, Notice, Recipient, Told, Why};
use crate::sender::Sender;
use crate::settings::NotifierSettings;
use crate::trial::{Trial, reason};
use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use watchkeeper_domain::{Alert, Notification, Series, Severity, Timestamp};
use watchkeeper_ports::Mailer;

/// The rule that the message names; no rule of a file has this name, nor does a silence mute it.
pub(crate) const RULE: &str = "watchkeeper_unit_failed";
/// What to do, as a template.
const SUMMARY: &str = "To see why, on {{ labels.host }}: journalctl -u {{ labels.unit }} -n 50";

/// How long to go on trying to deliver. Shorter than `TimeoutStartSec` of `watchkeeper-failed@.service`, so that the
/// process, not systemd, reports what was not delivered.
pub const NOTIFY_WITHIN: Duration = Duration::from_secs(100);
/// Timeout of one attempt.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(30);

/// A unit that has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedUnit {
    /// Its name: `watchkeeper@persister.service`.
    pub unit: String,
    /// The host.
    pub host: String,
    /// Why, if systemd says so: `exit code 1 after 10 restarts`.
    pub why: Option<String>,
}

impl FailedUnit {
    /// In one sentence: `watchkeeper@persister.service on web1 failed: exit code 1 after 10 restarts`.
    pub fn sentence(&self) -> String {
        let Self { unit, host, why } = self;
        let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("{unit} on {host} failed{why}")
    }

    fn alert(&self, now: Timestamp) -> Result<Alert, Box<dyn Error + Send + Sync>> {
        let labels = [("host", self.host.as_str()), ("unit", self.unit.as_str())];
        Ok(Alert {
            rule: RULE.to_owned(),
            series: Arc::new(Series::new("watchkeeper", RULE, "", &labels)?),
            severity: Severity::Critical,
            fired_at: now,
            cleared_at: None,
            value: None,
            reason: self.sentence(),
            acknowledged: None,
        })
    }

    /// The same for each failure of the unit, so that `PagerDuty` has one incident for it.
    fn key(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        format!("{RULE}-{}-{}", self.host, self.unit).chars().map(plain).collect()
    }
}

/// Sends a message about `failed` to each recipient of all receivers of the configuration, once, at the same time, in the
/// words of the configured templates. An attempt that fails is repeated until [`NOTIFY_WITHIN`] has passed, unless the
/// recipient rejects the message. Empty if no receiver is configured.
///
/// # Errors
/// A name that no message can have, or a template that fails.
pub async fn notify_of_failed_unit(
    settings: &NotifierSettings,
    failed: &FailedUnit,
    mailer: Arc<dyn Mailer>,
    now: Timestamp,
) -> Result<Vec<Trial>, Box<dyn Error + Send + Sync>> {
    let outgoing = settings.outgoing_with(RULE, SUMMARY)?;
    let (alert, key) = (failed.alert(now)?, failed.key());
    let (config, sender) = (Arc::new(settings.config.clone()), Arc::new(Sender::new(mailer)));
    let (seats, until) = (Arc::new(Semaphore::new(MAX_AT_ONCE)), Instant::now() + NOTIFY_WITHIN);
    let mut under_way = JoinSet::new();
    for (index, recipient) in recipients(settings).into_iter().enumerate() {
        let notice = Notice {
            id: format!("{key}-{index}-{}", now.as_micros()),
            follows: None,
            recipient,
            group: vec![("rule".to_owned(), RULE.to_owned()), ("unit".to_owned(), failed.unit.clone())],
            why: Why::First,
            alerts: vec![Told { news: News::Fires, alert: &alert }],
            muted: 0,
            escalated_after: None,
            made_at: now,
        };
        let notification = Arc::new(outgoing.write(&notice));
        let (config, sender, seats) = (Arc::clone(&config), Arc::clone(&sender), Arc::clone(&seats));
        under_way.spawn(async move {
            let attempt = || {
                let (config, sender, notification) =
                    (Arc::clone(&config), Arc::clone(&sender), Arc::clone(&notification));
                let seat = Arc::clone(&seats).acquire_owned();
                async move {
                    // Released between attempts: recipients that are down do not keep the others waiting.
                    let _seat = seat.await;
                    sender.send(&config, &notification, Timestamp::now()).await
                }
            };
            let failure = deliver(attempt, until).await.err().map(reason);
            (index, trial(&notification, failure))
        });
    }
    let mut trials = under_way.join_all().await;
    trials.sort_by_key(|(index, _)| *index);
    Ok(trials.into_iter().map(|(_, trial)| trial).collect())
}

fn trial(notification: &Notification, failure: Option<String>) -> Trial {
    Trial { channel: notification.channel, recipient: notification.recipient.clone(), failure }
}

/// Each recipient once, whichever receivers have it.
fn recipients(settings: &NotifierSettings) -> Vec<Recipient> {
    if !settings.config.has_receivers() {
        return Vec::new();
    }
    let mut known = HashSet::new();
    let all = settings.config.planned().into_iter().flat_map(|receiver| receiver.recipients);
    all.filter(|recipient| known.insert(recipient.clone())).collect()
}

/// Attempts until one succeeds or is rejected, or `until`. The waits between them double.
async fn deliver<F: Future<Output = Result<(), SendError>>>(
    attempt: impl Fn() -> F,
    until: Instant,
) -> Result<(), SendError> {
    let mut wait = RETRY_AFTER_AT_LEAST;
    loop {
        let limit = ATTEMPT_WITHIN.min(until.saturating_duration_since(Instant::now()));
        let sent = timeout(limit, attempt()).await.unwrap_or_else(|_| Err(SendError::timed_out(limit)));
        let asked = match &sent {
            Err(SendError::Failed { retry_after, .. }) => retry_after.unwrap_or_default(),
            Ok(()) | Err(SendError::Rejected(_)) => return sent,
        };
        let again = Instant::now() + wait.max(asked);
        if again >= until {
            return sent;
        }
        sleep(again - Instant::now()).await;
        wait *= 2;
    }
}

#[cfg(test)]
mod tests;
