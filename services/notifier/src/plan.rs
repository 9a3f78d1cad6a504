//! Plans notifications from alerts, groups and the time; no I/O.
//!
//! The semantics are those of Prometheus' Alertmanager, with deliberate differences:
//!
//! - Alerts with equal values of their rule's `group_by` are a *group*; each recipient of the rule's receivers gets
//!   one notice for the group, never one per series. The notified state is kept per recipient: a new recipient is
//!   notified of firing alerts, one in two receivers is notified once.
//! - A change (an alert fires, fires again, or clears) waits `group_wait` for others, and until `group_interval`
//!   after the last notice. A notice reflects the state at its time, so alerts that fire and clear while waiting are
//!   never notified. The recovery that reports the last clearing ends the *episode*; the next alert begins a new one,
//!   which waits for `group_wait` only.
//! - While alerts fire, the notice is repeated after `repeat_interval`.
//! - A silenced or inhibited alert counts as absent: it is neither notified nor repeated, nor is its clearing
//!   notified, as in Alertmanager. It is dropped from the notified state, so if it still fires when the silence ends,
//!   it is notified as new. (Alertmanager would remember it, and not notify before the repetition.)
//! - A group whose firing alerts are all acknowledged is not repeated. A change of it, and its recovery, is notified.
//! - An escalation is a group of its own, of the receiver that `escalate` names. An alert is notified there once, when it
//!   has been known for `after` and is not acknowledged; a silenced one counts as absent. Its clearing is notified.
//! - If rules of one group differ, the shortest of their times applies. Without `send_recovery`, the clearing of a
//!   rule's alerts is not notified.
//! - A stored group whose recipient is no longer configured is removed. An alert whose rule was removed, or that no
//!   longer belongs to this recipient or group, is not notified: for a removed rule, only the clearing is, at once.

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

/// How long a cleared alert is kept at least: for listing recently cleared alerts, and because another planner may be
/// about to store a notice that reports it as firing.
pub(crate) const KEPT_AFTER_CLEARING: Duration = Duration::from_secs(15 * 60);

/// Plans the notices of all recipients.
#[derive(Debug)]
pub(crate) struct Planner {
    routes: Routes,
    inhibitions: Vec<Inhibition>,
}

/// The result of planning.
#[derive(Debug, Default)]
pub(crate) struct Decision<'a> {
    /// The groups that change; the others stay as they are.
    pub(crate) groups: Vec<GroupPlan<'a>>,
    /// Cleared alerts that need no more notices, with the time of clearing. To be removed after the groups have been
    /// stored, not before.
    pub(crate) removable: Vec<(AlertKey, Timestamp)>,
}

/// The change of one recipient's group, and its notice.
#[derive(Debug)]
pub(crate) struct GroupPlan<'a> {
    /// For the store.
    pub(crate) change: GroupChange,
    /// The notice; most changes only begin or end a wait.
    pub(crate) notice: Option<Notice<'a>>,
}

impl Planner {
    /// A planner for these rules and receivers.
    pub(crate) fn new(rules: &RuleSet, receivers: &[Receiver]) -> Self {
        Self { routes: Routes::new(rules, receivers), inhibitions: rules.inhibitions().to_vec() }
    }

    /// The changes at `now`, given all alerts, groups and silences. Not planning for a while delays notices and loses
    /// none. Planning again at the same instant with the resulting groups changes nothing.
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
        for group in gather::gather(&self.routes, alerts, known, &muting, now) {
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

    /// The stored groups of configured recipients with their keys, and the others. Of several groups of one mailbox under
    /// different names, the others are removed: it is notified once.
    fn known<'s>(&self, groups: &'s [AlertGroup]) -> (Vec<(GroupKey, &'s AlertGroup)>, Vec<&'s AlertGroup>) {
        let (mut known, mut unknown, mut keys) = (Vec::new(), Vec::new(), HashSet::new());
        for group in groups {
            match GroupKey::decode(&group.key) {
                Some(key) if self.routes.leads_to(&key.recipient) && keys.insert(key.clone()) => {
                    known.push((key, group));
                }
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
