//! Groups alerts by recipient.

use super::group_key::GroupKey;
use super::routes::Routes;
use super::state::State;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_ports::{AlertGroup, AlertKey};
use watchkeeper_rules::{Escalation, Muting, Routing};

/// An alert's rule and the key of its series.
pub(super) type Identity<'a> = (&'a str, &'a str);

/// One recipient's group: its stored state, and its current alerts.
pub(super) struct Group<'a, 's> {
    pub(super) key: GroupKey,
    /// The stored group; `None` if it is new.
    pub(super) stored: Option<&'s AlertGroup>,
    pub(super) state: State,
    /// The alerts to notify of, by rule and series.
    pub(super) members: BTreeMap<Identity<'a>, Member<'a>>,
    /// How many more alerts fire, but are muted.
    pub(super) muted: usize,
    /// `None` if no alert of the group has a rule.
    pub(super) timing: Option<Timing>,
}

/// One alert of a group.
pub(super) struct Member<'a> {
    pub(super) alert: &'a Alert,
    /// Whether its rule was removed from the configuration.
    pub(super) is_orphan: bool,
    /// Whether its clearing is notified.
    pub(super) send_recovery: bool,
    /// Whether somebody has acknowledged it.
    pub(super) is_acknowledged: bool,
    /// How long it must have been known here before it is notified, if this is an escalation.
    pub(super) escalates_after: Option<Duration>,
}

/// The times of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Timing {
    pub(super) wait: Duration,
    pub(super) interval: Duration,
    pub(super) repeat: Duration,
}

impl Timing {
    fn of(routing: &Routing) -> Self {
        Self { wait: routing.wait, interval: routing.interval, repeat: routing.repeat }
    }

    /// What is escalated has waited already, and is notified once.
    fn of_escalation(routing: &Routing) -> Self {
        Self { wait: Duration::ZERO, interval: routing.interval, repeat: Duration::MAX }
    }

    fn shortest(self, other: Self) -> Self {
        Self {
            wait: self.wait.min(other.wait),
            interval: self.interval.min(other.interval),
            repeat: self.repeat.min(other.repeat),
        }
    }
}

/// All groups: the stored ones (`stored`, with their keys) and those of the current alerts.
pub(super) fn gather<'a, 's>(
    routes: &Routes,
    alerts: &'a [Alert],
    stored: Vec<(GroupKey, &'s AlertGroup)>,
    muting: &Muting<'_>,
    now: Timestamp,
) -> Vec<Group<'a, 's>> {
    let mut groups: HashMap<GroupKey, Group<'a, 's>> = HashMap::new();
    let by_identity: HashMap<Identity<'_>, &Alert> =
        alerts.iter().map(|alert| (identity(alert), alert)).collect();
    for (key, stored) in stored {
        let mut group = Group::new(key.clone());
        group.restore(stored);
        group.adopt_orphans(routes, &by_identity, muting);
        groups.insert(key, group);
    }
    for alert in alerts {
        let Some(route) = routes.of(&alert.rule) else { continue };
        let fields = common_fields(&route.routing, alert);
        let is_muted = muting.mutes(alert);
        for recipient in &route.recipients {
            let key = GroupKey { recipient: recipient.clone(), fields: fields.clone() };
            let group = groups.entry(key).or_insert_with_key(|key| Group::new(key.clone()));
            group.add(alert, &route.routing, is_muted, now);
        }
        let Some(Escalation { after, .. }) = &route.routing.escalation else { continue };
        for recipient in &route.escalation {
            let key = GroupKey { recipient: recipient.clone(), fields: fields.clone() };
            let group = groups.entry(key).or_insert_with_key(|key| Group::new(key.clone()));
            if !is_muted {
                group.escalate(alert, &route.routing, *after, now);
            }
        }
    }
    groups.into_values().collect()
}

/// The identity of an alert, whenever it fires.
pub(super) fn identity(alert: &Alert) -> Identity<'_> {
    (&alert.rule, alert.series.key())
}

/// The common fields of a group's alerts; a missing field counts as empty.
fn common_fields(routing: &Routing, alert: &Alert) -> Vec<(String, String)> {
    let value = |field: &String| alert.field(field).unwrap_or_default().to_owned();
    routing.group_by.iter().map(|field| (field.clone(), value(field))).collect()
}

impl<'a, 's> Group<'a, 's> {
    fn new(key: GroupKey) -> Self {
        let (state, members) = (State::default(), BTreeMap::new());
        Self { key, stored: None, state, members, muted: 0, timing: None }
    }

    /// State that cannot be read counts as none: better notified twice than never.
    fn restore(&mut self, stored: &'s AlertGroup) {
        self.stored = Some(stored);
        match State::decode(&stored.state) {
            Ok(state) => self.state = state,
            Err(error) => {
                tracing::warn!(alert_group = stored.key, %error, "cannot read the state of an alert group: it starts over");
            }
        }
    }

    /// Adds notified alerts whose rule was removed: only their clearing is still to be notified.
    fn adopt_orphans(
        &mut self,
        routes: &Routes,
        alerts: &HashMap<Identity<'_>, &'a Alert>,
        muting: &Muting<'_>,
    ) {
        let told = self.state.episode.iter().flat_map(|episode| episode.told.keys());
        for key in told.filter(|key| routes.of(&key.rule).is_none()) {
            let alert = alerts.get(&(key.rule.as_str(), key.series_key.as_str())).copied();
            if let Some(alert) = alert.filter(|alert| !muting.mutes(alert)) {
                let (is_orphan, send_recovery, is_acknowledged) = (true, true, false);
                let member =
                    Member { alert, is_orphan, send_recovery, is_acknowledged, escalates_after: None };
                self.members.insert(identity(alert), member);
            }
        }
    }

    fn add(&mut self, alert: &'a Alert, routing: &Routing, is_muted: bool, now: Timestamp) {
        self.keep_to(Timing::of(routing));
        if is_muted {
            self.muted += usize::from(alert.is_firing());
        } else {
            self.insert(alert, routing, None, now);
        }
    }

    /// Adds an alert to the group of an escalation: one that is acknowledged only if it was notified here before.
    fn escalate(&mut self, alert: &'a Alert, routing: &Routing, after: Duration, now: Timestamp) {
        let key = AlertKey::of(alert);
        let is_told = self.state.episode.as_ref().is_some_and(|episode| episode.told.contains_key(&key));
        if is_told || alert.acknowledgement(now).is_none() {
            self.keep_to(Timing::of_escalation(routing));
            self.insert(alert, routing, Some(after), now);
        }
    }

    fn keep_to(&mut self, timing: Timing) {
        self.timing = Some(self.timing.map_or(timing, |others| others.shortest(timing)));
    }

    fn insert(
        &mut self,
        alert: &'a Alert,
        routing: &Routing,
        escalates_after: Option<Duration>,
        now: Timestamp,
    ) {
        let (send_recovery, is_acknowledged) = (routing.send_recovery, alert.acknowledgement(now).is_some());
        let member = Member { alert, is_orphan: false, send_recovery, is_acknowledged, escalates_after };
        self.members.insert(identity(alert), member);
    }
}
