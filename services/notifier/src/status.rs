//! The role's status line and gauges.

mod report;

use crate::dispatch::Seen;
use crate::metrics::NotifierMetrics;
use crate::settings::NotifierSettings;
use report::Report;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Mailer, NotificationStore, PortError};
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds};

/// How often the status line is written.
const REPORT_EVERY: Duration = Duration::from_secs(2);
/// How many of the newest notifications the status line and the gauges cover.
const LOOKED_AT: usize = 200;
/// The mail server is checked every so many reports and after each reload, so that failures are known before mail must
/// be sent.
const REPORTS_PER_CHECK: u32 = 30;
/// Timeout of that check.
const CHECK_WITHIN: Duration = Duration::from_secs(5);

/// The inputs of the status line.
pub(crate) struct Status {
    pub(crate) seen: watch::Receiver<Arc<Seen>>,
    pub(crate) notifications: Arc<dyn NotificationStore>,
    pub(crate) settings: Reloadable<NotifierSettings>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) metrics: Arc<NotifierMetrics>,
}

/// Writes the status line periodically until the role stops.
pub(crate) async fn keep_reporting(context: RoleContext, status: Status) -> RoleResult {
    let heartbeat = context.heartbeat("report");
    let mut rounds = Rounds::every(REPORT_EVERY, &context, &heartbeat);
    let (mut round, mut mail_error, mut reloads) = (0_u32, None, status.settings.changes());
    let mut report = async || {
        if reloads.has_changed().unwrap_or(false) {
            reloads.mark_unchanged();
            round = 0;
        }
        if round.is_multiple_of(REPORTS_PER_CHECK) {
            mail_error = status.mail_error().await;
        }
        round = round.wrapping_add(1);
        // An unavailable store is reported where it is needed.
        if let Ok(report) = status.report(Timestamp::now(), mail_error.clone()).await {
            context.set_status(Report { lag: context.lag(), ..report });
        }
        Ok(())
    };
    while rounds.next(report()).await? {}
    Ok(())
}

impl Status {
    async fn mail_error(&self) -> Option<String> {
        if !self.settings.current().config.sends_mail() {
            return None;
        }
        let checked = timeout(CHECK_WITHIN, self.mailer.check()).await;
        match checked {
            Ok(Ok(())) => None,
            Ok(Err(PortError::Unavailable { reason, .. })) => Some(reason),
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("no answer within {} s", CHECK_WITHIN.as_secs())),
        }
    }

    async fn report(&self, now: Timestamp, mail_error: Option<String>) -> Result<Report, PortError> {
        let waiting = self.notifications.waiting().await?;
        let newest = self.notifications.newest(LOOKED_AT).await?;
        let mut report = Report { waiting, mail_error, ..Report::of(&newest, now) };
        let seen = Arc::clone(&self.seen.borrow());
        report.firing = seen.firing();
        report.is_beyond_bound = seen.is_beyond_bound;
        report.behind = self.metrics.behind(now);
        self.metrics.alerts_firing.set(i64::try_from(report.firing).unwrap_or(i64::MAX));
        self.metrics.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        let oldest = report.oldest.as_ref().map_or(0, |oldest| oldest.age.as_secs());
        self.metrics.oldest_waiting_seconds.set(i64::try_from(oldest).unwrap_or(i64::MAX));
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::outbox::FakeOutbox;
    use watchkeeper_test_kit::{mailbox, unavailable};

    #[tokio::test(start_paused = true)]
    async fn that_no_mail_can_be_sent_is_told_before_any_must_be_and_no_longer_when_it_can() {
        let context = RoleContext::detached("notifier");
        let mailbox = mailbox();
        mailbox.fail_all(unavailable("mail"));
        let (_seen, seen) = watch::channel(Arc::default());
        let metrics = Arc::new(NotifierMetrics::register(context.registry()).unwrap());
        let notifications = FakeOutbox::with_mails(0);
        let settings = NotifierSettings::of(
            "[[notifier.receiver]]\nname = \"ops\"\nwebhook = { url = \"http://127.0.0.1:9/\" }",
        );
        let sends_mail =
            NotifierSettings::of("[[notifier.receiver]]\nname = \"ops\"\nmail = [\"ops@example.org\"]");
        let status =
            Status { seen, notifications, settings: settings.clone(), mailer: mailbox.clone(), metrics };
        let reporting = tokio::spawn(keep_reporting(context.clone(), status));
        let shown = || context.roster().roles()["notifier"].to_string();
        let quiet = "no alert fires, 0 delivered in the last hour";
        tokio::time::sleep(REPORT_EVERY / 2).await;
        assert_eq!(shown(), quiet);
        settings.replace(sends_mail.current());
        tokio::time::sleep(REPORT_EVERY).await;
        assert_eq!(shown(), format!("{quiet}, cannot send mail: connection refused"));
        mailbox.mend();
        tokio::time::sleep(REPORT_EVERY * (REPORTS_PER_CHECK + 1)).await;
        assert_eq!(shown(), quiet);
        context.shutdown().cancel();
        reporting.await.unwrap().unwrap();
    }
}
