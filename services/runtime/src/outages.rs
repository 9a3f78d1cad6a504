//! Which dependencies are unavailable, in the whole process: an outage is logged once when it begins and once when it
//! ends, however many roles wait, and however often they try again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// How often an outage that lasts is logged again.
pub const REMIND_EVERY: Duration = Duration::from_secs(10 * 60);

/// A role, and its name for the dependency.
pub(crate) type User = (&'static str, &'static str);

/// The outages, by the address of the dependency, or its name if it has no address.
#[derive(Debug, Default)]
pub(crate) struct Outages {
    addresses: BTreeMap<&'static str, String>,
    now: BTreeMap<String, Outage>,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
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
        let key = self.key(user);
        let Some(outage) = self.now.get_mut(&key) else {
            self.now.insert(key, Outage { since: now, logged_at: now, users: BTreeSet::from([user]) });
            return Some(Turn::Began);
        };
        outage.users.insert(user);
        let is_due = now.duration_since(outage.logged_at) >= REMIND_EVERY;
        is_due.then(|| {
            outage.logged_at = now;
            Turn::Lasts(now.duration_since(outage.since))
        })
    }

    /// Takes note of a success. The outage ends once it has ended for everybody.
    pub(crate) fn succeeded(&mut self, user: User, now: Instant) -> Option<Turn> {
        let key = self.key(user);
        let outage = self.now.get_mut(&key)?;
        if !outage.users.remove(&user) || !outage.users.is_empty() {
            return None;
        }
        let since = outage.since;
        self.now.remove(&key);
        Some(Turn::Ended(now.duration_since(since)))
    }

    fn key(&self, (_, name): User) -> String {
        self.address(name).unwrap_or(name).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PERSISTER: User = ("persister", "store");
    const API: User = ("api", "store");

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
        assert_eq!(outages.failed(("notifier", "outbox"), start), None);
        assert_eq!(outages.failed(("notifier", "bus"), start), Some(Turn::Began));
        assert_eq!(outages.succeeded(PERSISTER, start), None);
        let ended = outages.succeeded(("notifier", "outbox"), start + SECOND);
        assert_eq!(ended, Some(Turn::Ended(SECOND)));
    }
}
