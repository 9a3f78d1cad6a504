//! Who is to be told what, decided from what fires, what was told, and the time; no I/O.
//!
//! The meanings are those of Prometheus' Alertmanager, with every difference on purpose:
//!
//! - Alerts with equal values of their rule's `group_by` are a *group*; each recipient of their rule's
//!   receivers is told about the group in one notice, never one for each series. What was told is kept
//!   for each recipient: one who is added hears of what fires, one who is in two receivers hears once.
//! - A change (an alert fires, fires again, or clears) waits `group_wait` for others, and until
//!   `group_interval` after the last notice. What is told is the truth at that time, so what came and
//!   went while waiting is never told. The recovery that tells the last clearing ends the *episode*; the
//!   next alert begins a new one, which waits for `group_wait` alone.
//! - While something fires, it is told again after `repeat_interval`.
//! - An alert that a silence covers or an inhibition mutes is not there: it is neither told nor repeated,
//!   nor is its clearing told, as in Alertmanager. That it was told is forgotten, so what still fires when
//!   the silence ends is told as new. (Alertmanager would remember, and not tell it before the repetition.)
//! - Where rules of one group differ, the shortest of their times holds. Without `send_recovery`, the
//!   clearing of a rule's alerts is not told.
//! - A group in the store whose recipient is no longer configured is removed. An alert whose rule is gone,
//!   or that is no longer for this recipient or group, is not told: of a rule that is gone, only the clearing
//!   is, at once.

mod gather;
mod group;
mod group_key;
mod notice;
mod recipient;
mod routes;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use notice::{News, Notice, Told, Why};
pub(crate) use recipient::{Receiver, Recipient};

use group_key::GroupKey;
use routes::Routes;
use std::collections::HashSet;
use std::time::Duration;
use watchkeeper_domain::{Alert, Silence, Timestamp};
use watchkeeper_ports::{AlertGroup, AlertKey, GroupChange};
use watchkeeper_rules::{Inhibition, Muting, RuleSet};

/// For how long an alert that has cleared is kept at least: for those who list what has just cleared, and
/// because another planner may be about to store a notice that tells it as firing.
pub(crate) const KEPT_AFTER_CLEARING: Duration = Duration::from_secs(15 * 60);

/// Decides who is to be told what.
#[derive(Debug)]
pub(crate) struct Planner {
    routes: Routes,
    inhibitions: Vec<Inhibition>,
}

/// What is to be done now.
#[derive(Debug, Default)]
pub(crate) struct Decision<'a> {
    /// The groups that change; the others stay as they are.
    pub(crate) groups: Vec<GroupPlan<'a>>,
    /// Alerts that have cleared and of which nobody is to be told any more, with the time of their clearing.
    /// To be removed once the groups have been stored, not before.
    pub(crate) removable: Vec<(AlertKey, Timestamp)>,
}

/// How one recipient's group changes, and what the recipient is told of it.
#[derive(Debug)]
pub(crate) struct GroupPlan<'a> {
    /// For the store.
    pub(crate) change: GroupChange,
    /// What is told with it; most changes only begin or end a wait.
    pub(crate) notice: Option<Notice<'a>>,
}

impl Planner {
    /// A planner of alerts of these rules for these receivers.
    pub(crate) fn new(rules: &RuleSet, receivers: &[Receiver]) -> Self {
        Self { routes: Routes::new(rules, receivers), inhibitions: rules.inhibitions().to_vec() }
    }

    /// What is to be done at `now`, given all alerts, groups and silences there are. Doing nothing for a
    /// while, as when no planner runs, delays notices and loses none. Planning once more at the same
    /// instant with the groups as they are then changes nothing.
    pub(crate) fn plan<'a>(
        &self,
        now: Timestamp,
        alerts: &'a [Alert],
        groups: &[AlertGroup],
        silences: &[Silence],
    ) -> Decision<'a> {
        let muting = Muting::new(now, alerts, silences, &self.inhibitions);
        let (known, unknown) = self.known(groups);
        let mut plans: Vec<_> = unknown.into_iter().map(GroupPlan::removing).collect();
        let mut told = HashSet::new();
        for group in gather::gather(&self.routes, alerts, known, &muting) {
            let decided = group::decide(now, group);
            told.extend(decided.still_told);
            plans.extend(decided.plan);
        }
        plans.sort_by(|one, other| one.change.key.cmp(&other.change.key));
        let removable = alerts.iter().filter_map(|alert| {
            let cleared_at = alert.cleared_at.filter(|at| at.plus(KEPT_AFTER_CLEARING) <= now)?;
            let key = AlertKey::of(alert);
            (!told.contains(&key)).then_some((key, cleared_at))
        });
        Decision { groups: plans, removable: removable.collect() }
    }

    /// The stored groups of configured recipients with their keys, and the others.
    fn known<'s>(&self, groups: &'s [AlertGroup]) -> (Vec<(GroupKey, &'s AlertGroup)>, Vec<&'s AlertGroup>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for group in groups {
            match GroupKey::decode(&group.key) {
                Some(key) if self.routes.leads_to(&key.recipient) => known.push((key, group)),
                _ => unknown.push(group),
            }
        }
        (known, unknown)
    }
}

impl GroupPlan<'_> {
    fn removing(group: &AlertGroup) -> Self {
        let change = GroupChange { key: group.key.clone(), expected: group.version, state: None };
        Self { change, notice: None }
    }
}
