//! Which dependencies are unavailable, in the whole process: an outage is logged once when it begins and once when it
//! ends, however many roles wait, and however often they try again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// How often an outage that lasts is logged again.
pub const REMIND_EVERY: Duration = Duration::from_secs(10 * 60);

/// An outage that begins within this time after another one of the same dependency is logged only if it lasts as long. An
/// engine that comes back answers some calls before the last errors of its outage have been read.
const SETTLES_WITHIN: Duration = Duration::from_secs(30);

/// Who uses a dependency: a part of a role, such as one of its consumers, and its name for the dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct User {
    pub(crate) role: &'static str,
    pub(crate) dependency: &'static str,
    /// Different for each part of a role.
    pub(crate) part: u64,
}

/// The outages, by the address of the dependency, or its name if it has no address.
#[derive(Debug, Default)]
pub(crate) struct Outages {
    addresses: BTreeMap<&'static str, String>,
    now: BTreeMap<String, Outage>,
    /// When the last outage of each ended.
    ended: BTreeMap<String, Instant>,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
    is_logged: bool,
    logged_at: Instant,
    users: BTreeSet<User>,
}

/// What is to be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Began,
    /// For this long so far.
    Lasts(Duration),
    /// After this long.
    Ended(Duration),
}

impl Outages {
    /// From now on the dependencies of these names have addresses.
    pub(crate) fn set_addresses(&mut self, addresses: BTreeMap<&'static str, String>) {
        self.addresses = addresses;
    }

    /// The address of a dependency, if it has one.
    pub(crate) fn address(&self, name: &str) -> Option<&str> {
        self.addresses.get(name).map(String::as_str)
    }

    /// Takes note of a failure.
    pub(crate) fn failed(&mut self, user: User, now: Instant) -> Option<Turn> {
        let key = self.key(user.dependency).to_owned();
        let Some(outage) = self.now.get_mut(&key) else {
            let has_just_ended = |ended: &Instant| now.duration_since(*ended) < SETTLES_WITHIN;
            let is_logged = !self.ended.get(&key).is_some_and(has_just_ended);
            let users = BTreeSet::from([user]);
            self.now.insert(key, Outage { since: now, is_logged, logged_at: now, users });
            return is_logged.then_some(Turn::Began);
        };
        outage.users.insert(user);
        if !outage.is_logged {
            outage.is_logged = now.duration_since(outage.since) >= SETTLES_WITHIN;
            outage.logged_at = now;
            return outage.is_logged.then_some(Turn::Began);
        }
        let is_due = now.duration_since(outage.logged_at) >= REMIND_EVERY;
        is_due.then(|| {
            outage.logged_at = now;
            Turn::Lasts(now.duration_since(outage.since))
        })
    }

    /// Takes note of a success. The outage ends once it has ended for everybody.
    pub(crate) fn succeeded(&mut self, user: User, now: Instant) -> Option<Turn> {
        let key = self.key(user.dependency).to_owned();
        let outage = self.now.get_mut(&key)?;
        if !outage.users.remove(&user) || !outage.users.is_empty() {
            return None;
        }
        let outage = self.now.remove(&key)?;
        self.ended.insert(key, now);
        outage.is_logged.then(|| Turn::Ended(now.duration_since(outage.since)))
    }

    /// For how long so far, if it is an outage of any part of `role`.
    pub(crate) fn lasts(&self, role: &str, dependency: &str, now: Instant) -> Option<Duration> {
        let outage = self.now.get(self.key(dependency))?;
        let is_of_role = |user: &User| (user.role, user.dependency) == (role, dependency);
        outage.users.iter().any(is_of_role).then(|| now.duration_since(outage.since))
    }

    fn key<'k>(&'k self, dependency: &'k str) -> &'k str {
        self.address(dependency).unwrap_or(dependency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PERSISTER: User = user("persister", "store");
    const API: User = user("api", "store");

    const fn user(role: &'static str, dependency: &'static str) -> User {
        User { role, dependency, part: 0 }
    }

    #[test]
    fn an_outage_is_one_line_when_it_begins_and_one_when_it_has_ended_for_everybody() {
        let (mut outages, start) = (Outages::default(), Instant::now());
        assert_eq!(outages.failed(PERSISTER, start), Some(Turn::Began));
        for second in 1..REMIND_EVERY.as_secs() {
            let user = if second % 2 == 0 { PERSISTER } else { API };
            assert_eq!(outages.failed(user, start + Duration::from_secs(second)), None);
        }
        assert_eq!(outages.succeeded(API, start + REMIND_EVERY), None);
        let ended = outages.succeeded(PERSISTER, start + REMIND_EVERY);
        assert_eq!(ended, Some(Turn::Ended(REMIND_EVERY)));
        assert_eq!(outages.succeeded(PERSISTER, start + REMIND_EVERY), None);
    }

    #[test]
    fn an_outage_that_lasts_is_logged_again_every_ten_minutes() {
        let (mut outages, start) = (Outages::default(), Instant::now());
        let lines = (0..3_600).filter_map(|second| {
            let turn = outages.failed(PERSISTER, start + second * SECOND)?;
            Some((second, turn))
        });
        let mut expected = vec![(0, Turn::Began)];
        expected.extend((1..6).map(|times| (times * 600, Turn::Lasts(times * REMIND_EVERY))));
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn dependencies_at_one_address_have_one_outage_and_others_have_their_own() {
        let (mut outages, start) = (Outages::default(), Instant::now());
        let at = "PostgreSQL at db:5432".to_owned();
        outages.set_addresses([("store", at.clone()), ("outbox", at)].into());
        assert_eq!(outages.failed(PERSISTER, start), Some(Turn::Began));
        assert_eq!(outages.failed(user("notifier", "outbox"), start), None);
        assert_eq!(outages.failed(user("notifier", "bus"), start), Some(Turn::Began));
        assert_eq!(outages.succeeded(PERSISTER, start), None);
        let ended = outages.succeeded(user("notifier", "outbox"), start + SECOND);
        assert_eq!(ended, Some(Turn::Ended(SECOND)));
    }

    #[test]
    fn an_outage_of_two_parts_of_a_role_ends_when_both_have_their_dependency_again() {
        let (mut outages, start) = (Outages::default(), Instant::now());
        let parts = [0, 1].map(|part| User { part, ..user("notifier", "bus") });
        assert_eq!(parts.map(|part| outages.failed(part, start)), [Some(Turn::Began), None]);
        assert_eq!(outages.succeeded(parts[0], start), None);
        assert_eq!(outages.failed(parts[1], start), None);
        assert_eq!(outages.lasts("notifier", "bus", start + SECOND), Some(SECOND));
        assert_eq!(outages.succeeded(parts[1], start + SECOND), Some(Turn::Ended(SECOND)));
    }

    #[test]
    fn an_outage_right_after_another_is_logged_only_if_it_lasts() {
        let (mut outages, start) = (Outages::default(), Instant::now());
        let _ = (outages.failed(PERSISTER, start), outages.succeeded(PERSISTER, start + SECOND));
        assert_eq!(outages.failed(PERSISTER, start + 2 * SECOND), None);
        assert_eq!(outages.succeeded(PERSISTER, start + 3 * SECOND), None);
        let again = start + 4 * SECOND;
        assert_eq!(outages.failed(PERSISTER, again), None);
        assert_eq!(outages.failed(PERSISTER, again + SETTLES_WITHIN), Some(Turn::Began));
        let ended = outages.succeeded(PERSISTER, again + 2 * SETTLES_WITHIN);
        assert_eq!(ended, Some(Turn::Ended(2 * SETTLES_WITHIN)));
        let later = again + 3 * SETTLES_WITHIN;
        assert_eq!(outages.failed(PERSISTER, later), Some(Turn::Began));
    }
}
