//! `sd_notify(3)`: readiness, status and watchdog. Nothing is sent without systemd.

mod starting;

pub use starting::Starting;

use crate::roster::{RoleState, Roster};
use parking_lot::Mutex;
use sd_notify::NotifyState;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use watchkeeper_domain::{Seldom, text};

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
    let mut told = Vec::new();
    loop {
        ticks.tick().await;
        let hung = roster.hung();
        if !hung.is_empty() && hung != told {
            tracing::error!(loop_name = hung.join(", "), "hung: watchdog keep-alive withheld");
        }
        let line = status_line(&roster, &hung);
        let mut states = vec![NotifyState::Status(&line)];
        if hung.is_empty() {
            states.extend(watchdog.map(|_| NotifyState::Watchdog));
        }
        send(&states);
        told = hung;
    }
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
    match Vec::from_iter(&roles)[..] {
        [(_, state)] => line.push_str(&state.to_string()),
        _ => line.push_str(&together(&roles)),
    }
    text::line(&line).into_owned()
}

/// What is wrong first, each cause once with the roles that it concerns, then what the other roles say.
fn together(roles: &BTreeMap<&'static str, RoleState>) -> String {
    let (mut notices, mut waits) = (Vec::new(), Vec::<(String, Vec<&str>)>::new());
    for (&role, state) in roles {
        notices.extend(state.notices.values().map(|notice| format!("{role}: {notice}")));
        for wait in state.waits() {
            match waits.iter_mut().find(|(known, _)| *known == wait) {
                Some((_, waiting)) => waiting.push(role),
                None => waits.push((wait, vec![role])),
            }
        }
    }
    let waits = waits.into_iter().map(|(wait, roles)| format!("{}: {wait}", roles.join(", ")));
    let others = roles.iter().filter(|(_, state)| state.missing.is_empty());
    let others = others.map(|(role, state)| format!("{role}: {}", state.status));
    notices.into_iter().chain(waits).chain(others).collect::<Vec<_>>().join(" | ")
}

fn send(states: &[NotifyState<'_>]) {
    static TOLD: Mutex<Option<Seldom>> = Mutex::new(None);
    if let Err(error) = sd_notify::notify(states)
        && TOLD.lock().get_or_insert_default().admit(1, Instant::now()).is_some()
    {
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

    #[test]
    fn what_is_wrong_comes_first_and_a_cause_that_roles_share_is_named_once() {
        let roster = Roster::default();
        roster.set_addresses([("store", "PostgreSQL at db.test:5432".to_owned())].into());
        for (role, status) in [("api", "3 requests/s"), ("ingest", "7 samples/s"), ("persister", "lag 0")] {
            roster.set_status(role, status.into());
        }
        for role in ["api", "persister"] {
            roster.dependency(role, "store").down("connection refused");
        }
        roster.notice("ingest", "clock").set("the clock is not trusted");
        assert_eq!(
            status_line(&roster, &[]),
            "ingest: the clock is not trusted | \
             api, persister: waiting for store: PostgreSQL at db.test:5432: connection refused | \
             ingest: 7 samples/s"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_is_stuck_silences_the_watchdog_and_one_that_waits_for_a_slow_store_does_not() {
        let roster = Roster::default();
        roster.enter("persister");
        let heartbeat = roster.heartbeat("persister", "receive");
        let told = || {
            let hung = roster.hung();
            (hung.is_empty(), status_line(&roster, &hung))
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
