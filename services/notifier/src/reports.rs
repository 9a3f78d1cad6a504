//! Mails the saved reports when they are due.

mod due;
mod letter;

use crate::mail_body;
use crate::metrics::NotifierMetrics;
use crate::settings::NotifierSettings;
use due::{Due, due};
use letter::{Letter, Outcome};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Channel, MailAddress, Notification, NotificationState, Timestamp};
use watchkeeper_ports::{Mail, NotificationStore, Plan, PortError, Reports, ScheduleStore};
use watchkeeper_query::{Report, ReportError, run_report};
use watchkeeper_runtime::{Heartbeat, RoleContext, RoleResult, Rounds, Stopped};

/// How often to look whether a report is due.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// The owner of the marks: the instants for which each report was sent last.
const OWNER: &str = "reports";

/// Runs reports when they are due, and puts their answers into the outbox. Several notifiers may do so: what they write for
/// one instant has the same ids, so that the outbox keeps the first.
pub(crate) struct ReportSender {
    pub(crate) settings: Reloadable<NotifierSettings>,
    pub(crate) reports: Arc<dyn Reports>,
    pub(crate) schedule: Arc<dyn ScheduleStore>,
    pub(crate) notifications: Arc<dyn NotificationStore>,
    pub(crate) metrics: Arc<NotifierMetrics>,
    /// Notified when the outbox has something new.
    pub(crate) planned: Arc<Notify>,
}

impl ReportSender {
    /// Sends reports until the role stops.
    pub(crate) async fn keep_sending(self, context: RoleContext) -> RoleResult {
        let heartbeat = context.heartbeat("reports");
        let mut rounds = Rounds::every(LOOK_EVERY, &context, &heartbeat);
        while rounds.next(self.round(Timestamp::now(), &heartbeat)).await? {}
        Ok(())
    }

    /// Sends what is due. One that cannot be run now is tried again in the next round; the others do not wait for it.
    async fn round(&self, now: Timestamp, heartbeat: &Heartbeat) -> Result<(), Stopped> {
        let settings = self.settings.current();
        let reports = &settings.config.reports;
        if reports.iter().all(|report| report.schedule.is_none()) {
            return Ok(());
        }
        let marks = heartbeat.idle(self.schedule.marks(OWNER)).await?;
        let mut outcome = Ok(());
        for report in reports.iter() {
            let Some(schedule) = report.schedule else { continue };
            let (sent, mark) = match due(&schedule, &report.time_zone, marks.get(&report.name).copied(), now)
            {
                Due::Nothing => continue,
                Due::Begin => (Ok(()), now),
                Due::At(at) => (heartbeat.idle(self.send(report, at, now, &settings)).await, at),
            };
            match sent {
                Ok(()) => {
                    let marks = [(report.name.clone(), mark)];
                    heartbeat.idle(self.schedule.mark(OWNER, &marks)).await?;
                }
                Err(error) => outcome = Err(error),
            }
        }
        Ok(outcome?)
    }

    /// Runs a report that was due at `at`, and stores its mails.
    async fn send(
        &self,
        report: &Report,
        at: Timestamp,
        now: Timestamp,
        settings: &NotifierSettings,
    ) -> Result<(), PortError> {
        let outcome = match run_report(&*self.reports, report).await {
            Ok(table) => Outcome::Answered(table),
            Err(ReportError::Failed(error)) => return Err(error),
            Err(error) => {
                tracing::warn!(report = report.name, %error, "a report failed: it is mailed with the error");
                Outcome::Failed(error.to_string())
            }
        };
        self.metrics.reports.with_label_values(&[outcome.name()]).inc();
        let letter = Letter::write(report, at, &outcome);
        let addresses = addresses(report, settings);
        let notifications =
            addresses.iter().map(|to| notification(report, &letter, to, (at, now), settings)).collect();
        self.notifications.plan(Arc::new(Plan { notifications, ..Plan::default() })).await?;
        self.planned.notify_one();
        Ok(())
    }
}

/// To whom a report is mailed, each once.
fn addresses(report: &Report, settings: &NotifierSettings) -> Vec<MailAddress> {
    let receivers = settings.config.receivers.iter().filter(|receiver| report.mail.contains(&receiver.name));
    let mut addresses: Vec<MailAddress> = Vec::new();
    for address in receivers.flat_map(|receiver| &receiver.mail) {
        if !addresses.contains(address) {
            addresses.push(address.clone());
        }
    }
    addresses
}

/// The notification for one address. It is a group of its own, so that no later report takes its place.
fn notification(
    report: &Report,
    letter: &Letter,
    to: &MailAddress,
    (at, now): (Timestamp, Timestamp),
    settings: &NotifierSettings,
) -> Notification {
    let id = letter::id(report, at, to);
    let Letter { subject, text, html, attachment } = letter.clone();
    let from = settings.config.mail_from.clone();
    let mail = Mail {
        id: id.clone(),
        follows: None,
        from,
        to: to.clone(),
        subject: subject.clone(),
        text,
        html: Some(html),
        attachment,
        date: now,
    };
    Notification {
        id,
        group: format!("report={} at={at}", report.name),
        channel: Channel::Mail,
        recipient: to.to_string(),
        subject,
        body: mail_body::write(mail),
        made_at: now,
        state: NotificationState::Waiting { attempts: 0, next_at: now, last_error: None },
    }
}

#[cfg(test)]
mod tests;
