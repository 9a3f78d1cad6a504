//! `12 alerts fire, 1 notification pending for 4m: connection refused, 3 delivered in the last hour`.

use std::fmt;
use std::time::Duration;
use watchkeeper_config::show_duration;
use watchkeeper_domain::{Notification, NotificationState, Timestamp};
use watchkeeper_query::MAX_ALERTS;
use watchkeeper_runtime::Grouped;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Lag of the evaluation from which it is reported.
const BEHIND_FROM: Duration = MINUTE;

/// The figures of the status line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) firing: usize,
    /// Whether there are more alerts than the limit.
    pub(super) is_beyond_bound: bool,
    /// How far evaluation lags behind; `None` if nothing was evaluated yet.
    pub(super) behind: Option<Duration>,
    /// In records; `None` while it is not known.
    pub(super) lag: Option<u64>,
    pub(super) waiting: u64,
    pub(super) oldest: Option<Oldest>,
    /// In the last hour.
    pub(super) delivered: u64,
    /// In the last hour.
    pub(super) given_up: u64,
    /// Why mail cannot be sent, if there are mail recipients.
    pub(super) mail_error: Option<String>,
}

/// The oldest pending notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Oldest {
    pub(super) age: Duration,
    /// Why it could not be sent, if that was tried.
    pub(super) reason: Option<String>,
}

impl Report {
    /// The report from the newest notifications at `now`.
    pub(super) fn of(newest: &[Notification], now: Timestamp) -> Self {
        let mut report = Self::default();
        // Oldest first, so that the first pending one is the oldest.
        for notification in newest.iter().rev() {
            match &notification.state {
                NotificationState::Waiting { last_error, .. } => {
                    let age = now.since(notification.made_at);
                    report.oldest.get_or_insert_with(|| Oldest { age, reason: last_error.clone() });
                }
                NotificationState::Delivered { at } => report.delivered += u64::from(now.since(*at) < HOUR),
                NotificationState::Superseded { .. } => {}
                NotificationState::GivenUp { at, .. } => report.given_up += u64::from(now.since(*at) < HOUR),
            }
        }
        report
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.firing as u64 {
            0 => f.write_str("no alert fires")?,
            1 => f.write_str("1 alert fires")?,
            many => write!(f, "{} alerts fire", Grouped(many))?,
        }
        if self.is_beyond_bound {
            write!(f, " (only the first {} alerts are notified)", Grouped(MAX_ALERTS as u64))?;
        }
        if let Some(behind) = self.behind.filter(|&behind| behind >= BEHIND_FROM) {
            write!(f, ", evaluation {} behind", rough(behind))?;
        }
        if let Some(lag) = self.lag {
            write!(f, ", lag {}", Grouped(lag))?;
        }
        match self.waiting {
            0 => {}
            1 => f.write_str(", 1 notification pending")?,
            many => write!(f, ", {} notifications pending", Grouped(many))?,
        }
        if let Some(Oldest { age, reason }) = self.oldest.as_ref().filter(|_| self.waiting > 0) {
            write!(f, " for {}", rough(*age))?;
            if let Some(reason) = reason {
                write!(f, ": {reason}")?;
            }
        }
        write!(f, ", {} delivered", Grouped(self.delivered))?;
        if self.given_up > 0 {
            write!(f, " and {} failed", Grouped(self.given_up))?;
        }
        f.write_str(" in the last hour")?;
        match &self.mail_error {
            Some(reason) => write!(f, ", cannot send mail: {reason}"),
            None => Ok(()),
        }
    }
}

/// In seconds below a minute, else in minutes.
fn rough(duration: Duration) -> String {
    let unit = if duration < MINUTE { 1 } else { 60 };
    show_duration(Duration::from_secs(duration.as_secs() / unit * unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Channel;

    fn now() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn made(ago: Duration, state: NotificationState) -> Notification {
        Notification {
            id: "1".into(),
            group: String::new(),
            channel: Channel::Mail,
            recipient: "ops@example.org".into(),
            subject: String::new(),
            body: String::new(),
            made_at: now().minus(ago),
            state,
        }
    }

    fn waiting(ago: Duration, last_error: Option<&str>) -> Notification {
        let last_error = last_error.map(str::to_owned);
        made(ago, NotificationState::Waiting { attempts: 1, next_at: now(), last_error })
    }

    #[test]
    fn a_quiet_role_says_so_in_few_words() {
        assert_eq!(Report::default().to_string(), "no alert fires, 0 delivered in the last hour");
    }

    #[test]
    fn what_waits_is_told_with_the_reason_of_the_oldest() {
        let newest = [
            waiting(MINUTE, None),
            made(2 * MINUTE, NotificationState::Delivered { at: now() }),
            waiting(4 * MINUTE + MINUTE / 2, Some("connection refused")),
            made(2 * HOUR, NotificationState::Delivered { at: now().minus(HOUR) }),
        ];
        let mut report = Report { firing: 12, waiting: 1, ..Report::of(&newest, now()) };
        assert_eq!(
            report.to_string(),
            "12 alerts fire, 1 notification pending for 4m: connection refused, 1 delivered in the last hour"
        );
        report.waiting = 1_200;
        report.firing = 1;
        assert_eq!(
            report.to_string(),
            "1 alert fires, 1,200 notifications pending for 4m: connection refused, 1 delivered in the last hour"
        );
    }

    #[test]
    fn what_is_amiss_is_told() {
        let given_up = NotificationState::GivenUp { at: now(), reason: "550".into() };
        let report = Report {
            firing: MAX_ALERTS,
            is_beyond_bound: true,
            behind: Some(14 * MINUTE),
            mail_error: Some("connection refused".into()),
            ..Report::of(&[made(MINUTE, given_up)], now())
        };
        assert_eq!(
            report.to_string(),
            "10,000 alerts fire (only the first 10,000 alerts are notified), evaluation \
             14m behind, 0 delivered and 1 failed in the last hour, cannot send mail: connection refused"
        );
    }
}
