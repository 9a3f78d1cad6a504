//! A model of the outbox, compared after each of many random steps.

use super::{LEASE, change, newest, notification, plan, removal};
use crate::Fixture;
use crate::samples::after;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::{BTreeMap, BTreeSet};
use watchkeeper_domain::{Notification, NotificationState, Timestamp};
use watchkeeper_ports::{Claimed, Lease, NotificationStore, Outcome, Planned, Tenure};

const STEPS: u64 = 400;
const KEYS: [&str; 3] = ["a", "b", "c"];

/// A notification, and when it is due: by its state, or because a lease ends.
struct Entry {
    notification: Notification,
    /// How many were stored before.
    number: usize,
    due_at: Timestamp,
    /// Whether that is the end of a lease.
    claimed: bool,
}

impl Entry {
    fn waits(&self) -> bool {
        matches!(self.notification.state, NotificationState::Waiting { .. })
    }

    /// Whether it waits after a failed attempt.
    fn is_backed_off(&self) -> bool {
        let has_failed =
            matches!(self.notification.state, NotificationState::Waiting { attempts, .. } if attempts > 0);
        has_failed && !self.claimed
    }
}

#[derive(Default)]
struct Model {
    groups: BTreeMap<&'static str, String>,
    entries: BTreeMap<String, Entry>,
    stored: usize,
    /// All leases ever granted.
    leases: Vec<Lease>,
}

impl Model {
    fn insert(&mut self, made: &Notification) {
        let entry =
            Entry { notification: made.clone(), number: self.stored, due_at: made.made_at, claimed: false };
        self.entries.entry(made.id.clone()).or_insert(entry);
        self.stored += 1;
    }

    /// All but the newest of each group, if they are due or backed off.
    fn supersede(&mut self, now: Timestamp) {
        let mut newest: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for entry in self.entries.values().filter(|entry| entry.waits()) {
            let this = (entry.number, entry.notification.id.clone());
            let newest = newest.entry(entry.notification.group.clone()).or_insert_with(|| this.clone());
            *newest = this.max(newest.clone());
        }
        for entry in self.entries.values_mut().filter(|entry| entry.waits()) {
            let (number, by) = &newest[&entry.notification.group];
            if entry.number < *number && (entry.due_at <= now || entry.is_backed_off()) {
                entry.notification.state = NotificationState::Superseded { at: now, by: by.clone() };
            }
        }
    }

    /// All have one recipient.
    fn wake(&mut self, at: Timestamp) {
        for entry in self.entries.values_mut().filter(|entry| entry.is_backed_off()) {
            entry.due_at = entry.due_at.min(at);
        }
    }

    fn due(&self, now: Timestamp) -> BTreeSet<&str> {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in self.entries.values().filter(|entry| entry.waits()) {
            let first = first.entry(&entry.notification.group).or_insert(entry.number);
            *first = entry.number.min(*first);
        }
        let is_first = |entry: &Entry| first[&*entry.notification.group] == entry.number;
        let is_due = |entry: &&Entry| entry.waits() && entry.due_at <= now && is_first(entry);
        self.entries.values().filter(is_due).map(|entry| &*entry.notification.id).collect()
    }

    fn lease(&mut self, lease: &Lease) {
        let entry = self.entries.get_mut(lease.id()).unwrap();
        (entry.due_at, entry.claimed) = (lease.ends()[0], true);
        self.leases.push(lease.clone());
    }

    /// The entry, if it is held with this lease.
    fn held(&mut self, lease: &Lease, even_if_lost: bool) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(lease.id()).filter(|entry| entry.waits())?;
        (even_if_lost || lease.ends().contains(&entry.due_at)).then_some(entry)
    }

    fn renew(&mut self, lease: &Lease) -> Tenure {
        let Some(entry) = self.held(lease, false) else { return Tenure::Lost };
        entry.due_at = lease.ends()[1];
        Tenure::Held
    }

    fn settle(&mut self, lease: &Lease, outcome: &Outcome) -> Tenure {
        let is_delivered = matches!(outcome, Outcome::Delivered { .. });
        let Some(entry) = self.held(lease, is_delivered) else { return Tenure::Lost };
        let NotificationState::Waiting { attempts, .. } = entry.notification.state else { unreachable!() };
        entry.claimed = false;
        entry.notification.state = match outcome.clone() {
            Outcome::Delivered { at } => NotificationState::Delivered { at },
            Outcome::GivenUp { at, reason } => NotificationState::GivenUp { at, reason },
            Outcome::Failed { retry_at, reason } | Outcome::Postponed { until: retry_at, reason } => {
                entry.due_at = retry_at;
                let attempts = attempts + u32::from(!matches!(outcome, Outcome::Postponed { .. }));
                NotificationState::Waiting { attempts, next_at: retry_at, last_error: Some(reason) }
            }
        };
        if let Outcome::Delivered { at } = outcome {
            self.wake(*at);
        }
        Tenure::Held
    }

    fn prune(&mut self, before: Timestamp) -> u64 {
        let count = self.entries.len();
        self.entries.retain(|_, entry| entry.waits() || entry.notification.made_at >= before);
        (count - self.entries.len()) as u64
    }

    async fn assert_is_like(&self, store: &dyn NotificationStore, step: u64) {
        let groups = store.groups().await.unwrap();
        let groups = groups.iter().map(|group| (&*group.key, group.state.to_vec())).collect::<Vec<_>>();
        let expected: Vec<_> = self.groups.iter().map(|(key, state)| (*key, state.clone().into())).collect();
        assert_eq!(groups, expected, "step {step}");
        let mut expected: Vec<_> = self.entries.values().map(|entry| &entry.notification).collect();
        expected.sort_by_key(|notification| notification.made_at);
        let expected = expected.into_iter().rev().map(without_next_at).collect::<Vec<_>>();
        let found = newest(store).await;
        assert_eq!(found.iter().map(without_next_at).collect::<Vec<_>>(), expected, "step {step}");
        let waiting = self.entries.values().filter(|entry| entry.waits()).count() as u64;
        assert_eq!(store.waiting().await.unwrap(), waiting, "step {step}");
    }
}

/// A store may show the end of a lease as the time of the next attempt, or not.
fn without_next_at(notification: &Notification) -> Notification {
    let mut same = notification.clone();
    if let NotificationState::Waiting { next_at, .. } = &mut same.state {
        *next_at = Timestamp::MIN;
    }
    same
}

fn any_outcome(random: &mut StdRng, now: u64) -> Outcome {
    let reason = format!("reason {now}");
    match random.random_range(0..4) {
        0 => Outcome::Delivered { at: after(now) },
        1 => Outcome::GivenUp { at: after(now), reason },
        2 => Outcome::Postponed { until: after(now + random.random_range(0..200)), reason },
        _ => Outcome::Failed { retry_at: after(now + random.random_range(0..200)), reason },
    }
}

/// Changes or removes a group, with the current version or an outdated one, and creates a notification.
async fn any_plan(store: &dyn NotificationStore, random: &mut StdRng, model: &mut Model, now: u64) {
    let key = KEYS[random.random_range(0..KEYS.len())];
    let groups = store.groups().await.unwrap();
    let seen = groups.iter().find(|group| group.key == key).map_or(0, |group| group.version);
    let expected = if random.random_ratio(1, 4) { seen + 1 } else { seen };
    let state = random.random_ratio(3, 4).then(|| format!("state {now}"));
    let group = state.as_ref().map_or(removal(key, expected), |state| change(key, expected, state));
    // Some have ids that already exist.
    let id = random.random_range(0..=now).to_string();
    let made = Notification { group: key.into(), ..notification(&id, now) };
    let planned = plan(store, [group], [made.clone()]).await;
    assert_eq!(planned == Planned::Stored, expected == seen, "step {now}");
    if planned == Planned::Stored {
        model.insert(&made);
        match state {
            Some(state) => model.groups.insert(key, state),
            None => model.groups.remove(key),
        };
    }
}

/// Renews or settles, with a lease that may be lost.
async fn any_holder(store: &dyn NotificationStore, random: &mut StdRng, model: &mut Model, now: u64) {
    let Some(index) = model.leases.len().checked_sub(1) else { return };
    let index = random.random_range(0..=index);
    if random.random_ratio(1, 2) {
        let (lease, outcome) = (model.leases[index].clone(), any_outcome(random, now));
        let settled = store.settle(&lease, &outcome).await.unwrap();
        assert_eq!(settled, model.settle(&lease, &outcome), "step {now}");
        return;
    }
    let mut lease = model.leases[index].clone();
    lease.ask_for(after(now).plus(2 * LEASE));
    let renewed = store.renew(&lease).await.unwrap();
    assert_eq!(renewed, model.renew(&lease), "step {now}");
    // Or the answer is lost.
    if random.random_ratio(2, 3) {
        lease.granted();
    }
    model.leases[index] = lease;
}

/// Claims some, and settles some of these.
async fn any_delivery(store: &dyn NotificationStore, random: &mut StdRng, model: &mut Model, now: u64) {
    let limit = random.random_range(0..5);
    let claimed = store.claim(after(now), LEASE, limit).await.unwrap();
    model.supersede(after(now));
    let due = model.due(after(now));
    assert_eq!(claimed.len(), limit.min(due.len()), "step {now}");
    let ids: BTreeSet<_> = claimed.iter().map(|claimed| claimed.lease.id()).collect();
    assert_eq!(ids.len(), claimed.len(), "step {now}");
    for Claimed { notification, .. } in &claimed {
        assert!(due.contains(&*notification.id), "step {now}: {notification:?}");
        let expected = &model.entries[&notification.id].notification;
        assert_eq!(without_next_at(notification), without_next_at(expected), "step {now}");
    }
    for Claimed { lease, .. } in claimed {
        assert_eq!(lease.ends(), [after(now).plus(LEASE); 2], "step {now}");
        model.lease(&lease);
        if random.random_ratio(2, 3) {
            let outcome = any_outcome(random, now);
            assert_eq!(store.settle(&lease, &outcome).await.unwrap(), Tenure::Held, "step {now}");
            model.settle(&lease, &outcome);
        }
    }
}

pub async fn after_any_steps_the_outbox_is_what_a_model_says<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (mut random, mut model) = (StdRng::seed_from_u64(5), Model::default());
    for now in 0..STEPS {
        match random.random_range(0..20) {
            0..10 => any_plan(&*store, &mut random, &mut model, now).await,
            10..17 => any_delivery(&*store, &mut random, &mut model, now).await,
            17..19 => any_holder(&*store, &mut random, &mut model, now).await,
            _ => {
                let before = after(random.random_range(0..=now));
                assert_eq!(store.prune(before).await.unwrap(), model.prune(before), "step {now}");
            }
        }
        model.assert_is_like(&*store, now).await;
    }
}
