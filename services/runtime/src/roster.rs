//! The health registry: the state of each role of this process.

use crate::figures::{Grouped, millis, roughly};
use crate::heartbeat::{Heartbeat, Heartbeats, TOLD_AFTER};
use crate::outages::{Outages, Turn, User};
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use watchkeeper_config::show_duration;

/// The reason for a dependency that was not tried yet.
const NOT_REACHED: &str = "not reached yet";
/// From when on the status says how long a dependency has been unavailable.
const SHOWN_FROM: Duration = Duration::from_secs(60);

/// The state of each role of this process; clones share it.
#[derive(Clone, Debug)]
pub struct Roster(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    roles: Mutex<BTreeMap<&'static str, RoleState>>,
    /// Of the process as a whole.
    notices: Mutex<BTreeMap<&'static str, String>>,
    outages: Mutex<Outages>,
    /// How many parts of roles have declared a dependency.
    parts: AtomicU64,
    changes: watch::Sender<()>,
    heartbeats: Heartbeats,
}

/// The state of one role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleState {
    /// The status line: `4,120 samples/s, lag 0`.
    pub status: String,
    /// The unavailable dependencies, each with the reason.
    pub missing: BTreeMap<&'static str, String>,
    /// Notices for operators while the role works, by subject.
    pub notices: BTreeMap<&'static str, String>,
    /// The records that it has not committed yet, by topic; `None` where the bus does not answer.
    pub lags: BTreeMap<String, Option<u64>>,
    /// Whether it has reported anything yet: before that its dependencies are unknown.
    pub has_begun: bool,
}

impl RoleState {
    /// Whether it has reported and every dependency is available.
    pub fn is_ready(&self) -> bool {
        self.has_begun && self.missing.is_empty()
    }
}

impl RoleState {
    /// The records that the role has not committed yet, of all topics; `None` while that is not known.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        let known = self.lags.values().copied().collect::<Option<Vec<_>>>()?;
        (!known.is_empty()).then(|| known.into_iter().sum())
    }

    /// What the role waits for: `waiting for store: connection refused`.
    pub(crate) fn waits(&self) -> impl Iterator<Item = String> {
        self.missing.iter().map(|(dependency, reason)| format!("waiting for {dependency}: {reason}"))
    }
}

/// The notices, then the status line, or the missing dependencies and the lag if there is any.
impl fmt::Display for RoleState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for notice in self.notices.values() {
            write!(f, "{notice}; ")?;
        }
        if self.missing.is_empty() {
            return f.write_str(&self.status);
        }
        f.write_str(&self.waits().collect::<Vec<_>>().join("; "))?;
        match self.lag() {
            Some(lag @ 1..) => write!(f, "; lag {}", Grouped(lag)),
            _ => Ok(()),
        }
    }
}

impl Default for Roster {
    fn default() -> Self {
        let (changes, _) = watch::channel(());
        let heartbeats = Heartbeats::new(changes.clone());
        let (roles, notices, outages) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self(Arc::new(Shared { roles, notices, outages, parts: AtomicU64::new(0), changes, heartbeats }))
    }
}

impl Roster {
    /// All roles by name, as of now. A dependency that a loop has been waiting for longer than
    /// [`TOLD_AFTER`](crate::TOLD_AFTER) is missing until it answers. An outage of a minute or more is shown with its
    /// duration.
    pub fn roles(&self) -> BTreeMap<&'static str, RoleState> {
        self.roles_waiting(TOLD_AFTER)
    }

    /// The same, where a dependency that a loop has been waiting for at least that long is missing.
    pub(crate) fn roles_waiting(&self, at_least: Duration) -> BTreeMap<&'static str, RoleState> {
        let mut roles = self.lock().clone();
        let now = Instant::now();
        for (role, state) in &mut roles {
            for (dependency, reason) in &mut state.missing {
                let lasts = self.0.outages.lock().lasts(role, dependency, now);
                if let Some(lasts) = lasts.filter(|&lasts| lasts >= SHOWN_FROM) {
                    reason.push_str(", for ");
                    reason.push_str(&show_duration(roughly(lasts)));
                }
            }
        }
        for ((role, dependency), time) in self.0.heartbeats.waits_of(at_least) {
            let missing = &mut roles.entry(role).or_default().missing;
            missing.entry(dependency).or_insert_with(|| {
                self.with_address(dependency, format_args!("no answer for {} s", time.as_secs()))
            });
        }
        roles
    }

    /// From now on every text about one of these dependencies begins with its address: `PostgreSQL at db.test:5432`.
    /// Call it before roles begin. An address must not contain a user or a password.
    pub fn set_addresses(&self, addresses: BTreeMap<&'static str, String>) {
        self.0.outages.lock().set_addresses(addresses);
    }

    /// What there is to say about a dependency, with its address.
    pub fn with_address(&self, dependency: &str, text: impl fmt::Display) -> String {
        match self.0.outages.lock().address(dependency) {
            Some(address) => format!("{address}: {text}"),
            None => text.to_string(),
        }
    }

    /// Whether all dependencies of every role are available.
    pub fn is_ready(&self) -> bool {
        self.roles().values().all(RoleState::is_ready)
    }

    /// Waits until all dependencies of every role are available.
    pub async fn ready(&self) {
        let mut changes = self.0.changes.subscribe();
        while !self.is_ready() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Changes when a dependency becomes unavailable or available again.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.0.changes.subscribe()
    }

    /// The names of the hung loops, such as `persister.receive`.
    pub fn hung(&self) -> Vec<String> {
        self.0.heartbeats.hung()
    }

    /// What an operator is to see of the process as a whole.
    pub fn notices(&self) -> Vec<String> {
        self.0.notices.lock().values().cloned().collect()
    }

    /// Sets what an operator is to see of the process about `about`; nothing any more if it is `None`.
    pub fn set_notice(&self, about: &'static str, notice: Option<String>) {
        let mut notices = self.0.notices.lock();
        match notice {
            Some(notice) => notices.insert(about, notice),
            None => notices.remove(about),
        };
    }

    pub(crate) fn heartbeat(&self, role: &'static str, loop_name: &str) -> Heartbeat {
        self.0.heartbeats.start(role, loop_name)
    }

    /// For tests of the watchdog: the loop of this name hangs ([`HANG`](crate::heartbeat::HANG)).
    pub(crate) fn hang(&self, name: String) {
        self.0.heartbeats.hang(name);
    }

    pub(crate) fn enter(&self, role: &'static str) {
        self.lock()
            .entry(role)
            .or_insert_with(|| RoleState { status: "starting".into(), ..RoleState::default() });
    }

    pub(crate) fn set_status(&self, role: &'static str, status: String) {
        let mut roles = self.lock();
        let state = roles.entry(role).or_default();
        state.status = status;
        let begins = !std::mem::replace(&mut state.has_begun, true);
        drop(roles);
        if begins {
            self.0.changes.send_replace(());
        }
    }

    pub(crate) fn set_lag(&self, role: &'static str, topic: &str, lag: Option<u64>) {
        self.lock().entry(role).or_default().lags.insert(topic.to_owned(), lag);
    }

    pub(crate) fn dependency(&self, role: &'static str, name: &'static str) -> Dependency {
        let dependency = self.used(role, name, true);
        dependency.miss(NOT_REACHED);
        dependency
    }

    pub(crate) fn optional(&self, role: &'static str, name: &'static str) -> Dependency {
        self.used(role, name, false)
    }

    fn used(&self, role: &'static str, name: &'static str, is_required: bool) -> Dependency {
        let part = self.0.parts.fetch_add(1, Ordering::Relaxed);
        Dependency { roster: self.clone(), user: User { role, dependency: name, part }, is_required }
    }

    pub(crate) fn notice(&self, role: &'static str, name: &'static str) -> Notice {
        Notice { roster: self.clone(), role, name }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, RoleState>> {
        self.0.roles.lock()
    }
}

/// A dependency of a role, such as `bus` or `store`.
#[derive(Clone, Debug)]
pub struct Dependency {
    roster: Roster,
    user: User,
    /// Whether the role is not ready without it.
    is_required: bool,
}

impl Dependency {
    /// The name of the dependency.
    pub fn name(&self) -> &'static str {
        self.user.dependency
    }

    /// Marks it as available. Logged if it was unavailable, and no other role, or part of this one, still finds it so.
    pub fn up(&self) {
        let was_missing = self.roster.lock().entry(self.user.role).or_default().missing.remove(self.name());
        let turn = self.roster.0.outages.lock().succeeded(self.user, Instant::now());
        if let Some(Turn::Ended(unavailable_for)) = turn {
            let (after, duration_ms) = (show_duration(roughly(unavailable_for)), millis(unavailable_for));
            tracing::info!(
                dependency = self.name(),
                duration_ms,
                "{} is available again, after {after}",
                self.place()
            );
        }
        if was_missing.is_some() || turn.is_some() {
            self.roster.0.changes.send_replace(());
        }
    }

    /// Marks it as unavailable because of `reason`. Logged when it becomes unavailable, and every [`REMIND_EVERY`].
    pub fn down(&self, reason: impl fmt::Display) {
        let (dependency, error) = (self.name(), cause(&reason.to_string()));
        let turn = self.roster.0.outages.lock().failed(self.user, Instant::now());
        match turn {
            Some(Turn::Lasts(so_far)) => {
                let (so_far, duration_ms) = (show_duration(roughly(so_far)), millis(so_far));
                tracing::warn!(
                    dependency,
                    error,
                    duration_ms,
                    "{} is still unavailable, for {so_far}",
                    self.place()
                );
            }
            Some(_) => tracing::warn!(dependency, error, "{} is unavailable", self.place()),
            None => tracing::debug!(dependency, error, "still unavailable"),
        }
        if self.is_required {
            self.miss(error);
        }
    }

    fn miss(&self, reason: impl fmt::Display) {
        let reason = self.roster.with_address(self.name(), reason);
        let mut roles = self.roster.lock();
        let state = roles.entry(self.user.role).or_default();
        state.missing.insert(self.name(), reason);
        state.has_begun = true;
        drop(roles);
        self.roster.0.changes.send_replace(());
    }

    fn place(&self) -> String {
        self.roster.0.outages.lock().address(self.name()).unwrap_or(self.name()).to_owned()
    }
}

/// Without the words of a `PortError` that say what the line says anyway: `store unavailable: `.
fn cause(reason: &str) -> String {
    match reason.split_once(" unavailable: ") {
        Some((what, cause)) if !what.contains(' ') => cause.to_owned(),
        _ => reason.to_owned(),
    }
}

/// A condition that operators must see although the role works, such as a clock that is not trusted.
#[derive(Clone, Debug)]
pub struct Notice {
    roster: Roster,
    role: &'static str,
    name: &'static str,
}

impl Notice {
    /// Sets the notice to this text. Logged when it was not set.
    pub fn set(&self, text: impl fmt::Display) {
        let text = text.to_string();
        let before = self.roster.lock().entry(self.role).or_default().notices.insert(self.name, text.clone());
        if before.is_none() {
            tracing::warn!(about = self.name, "{text}");
        }
    }

    /// Clears the notice.
    pub fn clear(&self) {
        let before = self.roster.lock().entry(self.role).or_default().notices.remove(self.name);
        if before.is_some() {
            tracing::info!(about = self.name, "condition cleared");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::pin::pin;
    use tokio::time::{sleep, timeout};

    #[tokio::test]
    async fn a_role_is_ready_once_all_it_depends_on_is_up() {
        let roster = Roster::default();
        roster.enter("persister");
        assert!(!roster.is_ready(), "nobody knows yet what it depends on");
        let (bus, store) = (roster.dependency("persister", "bus"), roster.dependency("persister", "store"));
        bus.up();
        assert!(!roster.is_ready());
        assert_eq!(roster.roles()["persister"].to_string(), "waiting for store: not reached yet");
        let ready = roster.ready();
        store.up();
        ready.await;
        assert_eq!(roster.roles()["persister"].to_string(), "starting");
        roster.set_status("persister", "lag 0".to_owned());
        assert_eq!(roster.roles()["persister"].to_string(), "lag 0");
        bus.down("refused");
        assert!(!roster.is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn a_dependency_that_is_waited_for_long_is_missing_until_it_answers() {
        let roster = Roster::default();
        let (heartbeat, store) =
            (roster.heartbeat("persister", "receive"), roster.dependency("persister", "store"));
        store.up();
        roster.set_status("persister", "lag 0".to_owned());
        let mut waiting = pin!(heartbeat.waiting("store", sleep(Duration::from_secs(60))));
        assert!(timeout(Duration::from_secs(42), waiting.as_mut()).await.is_err());
        assert!(!roster.is_ready());
        assert_eq!(roster.roles()["persister"].to_string(), "waiting for store: no answer for 42 s");
        tokio::join!(waiting, roster.ready());
        assert_eq!(roster.roles()["persister"].to_string(), "lag 0");
    }

    #[tokio::test(start_paused = true)]
    async fn why_a_dependency_cannot_be_used_says_more_than_that_it_is_waited_for() {
        let roster = Roster::default();
        let (heartbeat, store) =
            (roster.heartbeat("persister", "receive"), roster.dependency("persister", "store"));
        store.down("connection refused");
        let mut waiting = pin!(heartbeat.waiting("store", pending::<()>()));
        assert!(timeout(Duration::from_secs(42), waiting.as_mut()).await.is_err());
        assert_eq!(roster.roles()["persister"].to_string(), "waiting for store: connection refused");
    }

    #[tokio::test]
    async fn a_role_is_ready_without_what_it_can_do_without() {
        let roster = Roster::default();
        roster.set_status("ingest", "7 samples/s".to_owned());
        let bus = roster.optional("ingest", "bus");
        bus.down("connection refused");
        assert!(roster.is_ready());
        let lasts = || roster.0.outages.lock().lasts("ingest", "bus", Instant::now());
        assert!(lasts().is_some());
        bus.up();
        assert_eq!(lasts(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_outage_is_shown_with_its_duration_and_the_lag_meanwhile() {
        let roster = Roster::default();
        let store = roster.dependency("persister", "store");
        store.down("store unavailable: connection refused");
        sleep(Duration::from_secs(150)).await;
        let shown = || roster.roles()["persister"].to_string();
        assert_eq!(shown(), "waiting for store: connection refused, for 2m");
        roster.set_lag("persister", "metrics", Some(4_120));
        assert_eq!(shown(), "waiting for store: connection refused, for 2m; lag 4,120");
        roster.set_lag("persister", "events", None);
        assert_eq!(shown(), "waiting for store: connection refused, for 2m");
    }

    #[tokio::test]
    async fn an_engine_that_is_away_is_named_with_its_address_however_it_is_away() {
        let roster = Roster::default();
        roster.set_addresses([("store", "PostgreSQL at db.test:5432".to_owned())].into());
        let (store, bus) = (roster.dependency("api", "store"), roster.dependency("api", "bus"));
        bus.up();
        let shown = || roster.roles()["api"].to_string();
        assert_eq!(shown(), "waiting for store: PostgreSQL at db.test:5432: not reached yet");
        store.down("connection refused");
        assert_eq!(shown(), "waiting for store: PostgreSQL at db.test:5432: connection refused");
        bus.down("connection refused");
        let both = "waiting for bus: connection refused; waiting for store: PostgreSQL at db.test:5432: connection refused";
        assert_eq!(shown(), both);
    }
}
