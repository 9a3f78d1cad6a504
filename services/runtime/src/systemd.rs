//! `sd_notify(3)`: readiness, status and watchdog. Nothing is sent without systemd.

use crate::roster::Roster;
use sd_notify::NotifyState;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use watchkeeper_domain::text;

/// How often `STATUS=` is sent.
const STATUS_EVERY: Duration = Duration::from_secs(5);

/// Notifies systemd about the process until it is dropped.
pub(crate) struct Notifier {
    roster: Roster,
    telling: JoinHandle<()>,
}

impl Notifier {
    /// Sends `READY=1`, then keeps sending the status, and the watchdog keep-alive while no loop is hung.
    ///
    /// `READY=1` does not wait for dependencies: the unit's listeners answer (and report what is missing), and a
    /// start that waits for a database would hold up the boot of the whole host.
    pub(crate) fn start(roster: Roster) -> Self {
        send(&[NotifyState::Ready]);
        Self { telling: tokio::spawn(tell(roster.clone())), roster }
    }

    /// Runs `reload` between the two messages that `Type=notify-reload` waits for. The status comes with the second, so
    /// that `systemctl status` after `systemctl reload` says what became of it.
    pub(crate) fn reloading(&self, reload: &mut impl FnMut()) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => send(&[NotifyState::Reloading, now]),
            Err(error) => tracing::warn!(%error, "cannot read the monotonic clock"),
        }
        reload();
        let line = status_line(&self.roster, &self.roster.hung());
        send(&[NotifyState::Ready, NotifyState::Status(&line)]);
    }

    /// Notifies systemd that the process is stopping.
    pub(crate) fn stopping(&self) {
        self.telling.abort();
        send(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.telling.abort();
    }
}

async fn tell(roster: Roster) {
    // Twice within the unit's WatchdogSec, as sd_watchdog_enabled(3) advises.
    let watchdog = sd_notify::watchdog_enabled().map(|limit| limit / 2);
    let mut ticks = interval(watchdog.map_or(STATUS_EVERY, |every| every.min(STATUS_EVERY)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let hung = roster.hung();
        let line = status_line(&roster, &hung);
        let mut states = vec![NotifyState::Status(&line)];
        if is_well(&hung) {
            states.extend(watchdog.map(|_| NotifyState::Watchdog));
        }
        send(&states);
    }
}

/// Whether to send the watchdog keep-alive.
fn is_well(hung: &[String]) -> bool {
    if !hung.is_empty() {
        tracing::error!(loops = hung.join(", "), "hung: watchdog keep-alive withheld");
    }
    hung.is_empty()
}

/// One line, whatever the reasons contain: text after a line end would be another assignment.
fn status_line(roster: &Roster, hung: &[String]) -> String {
    let roles = roster.roles();
    let mut line = String::new();
    if !hung.is_empty() {
        let _ = write!(line, "HUNG: {}; ", hung.join(", "));
    }
    for notice in roster.notices() {
        let _ = write!(line, "{notice}; ");
    }
    for (index, (role, state)) in roles.iter().enumerate() {
        let separator = if index == 0 { "" } else { " | " };
        let _ = match roles.len() {
            1 => write!(line, "{state}"),
            _ => write!(line, "{separator}{role}: {state}"),
        };
    }
    text::line(&line).into_owned()
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "cannot notify systemd");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heartbeat::MAX_BUSY;
    use std::future::pending;
    use tokio::time::{advance, timeout};

    #[test]
    fn one_role_is_shown_without_its_name_and_several_with_theirs() {
        let roster = Roster::default();
        roster.enter("persister");
        roster.set_status("persister", "lag 0".into());
        assert_eq!(status_line(&roster, &[]), "lag 0");
        roster.enter("cache");
        assert_eq!(status_line(&roster, &[]), "cache: starting | persister: lag 0");
        assert_eq!(
            status_line(&roster, &["persister.store".into()]),
            "HUNG: persister.store; cache: starting | persister: lag 0"
        );
        roster.set_notice("restart", Some("restart to apply: backends".to_owned()));
        assert_eq!(
            status_line(&roster, &[]),
            "restart to apply: backends; cache: starting | persister: lag 0"
        );
        roster.set_notice("restart", None);
        assert_eq!(status_line(&roster, &[]), "cache: starting | persister: lag 0");
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_is_stuck_silences_the_watchdog_and_one_that_waits_for_a_slow_store_does_not() {
        let roster = Roster::default();
        roster.enter("persister");
        let heartbeat = roster.heartbeat("persister", "receive");
        let told = || {
            let hung = roster.hung();
            (is_well(&hung), status_line(&roster, &hung))
        };
        let mut waiting = Box::pin(heartbeat.waiting("store", pending::<()>()));
        assert!(timeout(3 * MAX_BUSY, &mut waiting).await.is_err());
        assert_eq!(told(), (true, "waiting for store: no answer for 60 s".to_owned()));
        drop(waiting);
        // It does not wait for anything that it has said.
        advance(MAX_BUSY + STATUS_EVERY).await;
        assert_eq!(told(), (false, "HUNG: persister.receive; starting".to_owned()));
    }

    #[test]
    fn a_reason_of_several_lines_is_no_other_assignment() {
        let roster = Roster::default();
        roster.enter("persister");
        roster.set_status("persister", "waiting for store: no route\r\nWATCHDOG=trigger\0".into());
        assert_eq!(status_line(&roster, &[]), "waiting for store: no route  WATCHDOG=trigger\\u{0}");
    }
}
