//! Stores in memory, a clock that is moved by hand, and a planner that remembers nothing.

use crate::plan::{News, Notice, Planner, Receiver, Recipient, Why};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Document;
use watchkeeper_domain::{Acknowledgement, Alert, Channel, Series, Severity, Silence, Timestamp};
use watchkeeper_ports::{AlertGroup, AlertKey};
use watchkeeper_rules::{Routing, RuleSet};

/// A rule that tells `ops` of each host, waiting 30 s, at most every 5 m and at least every 4 h.
pub(super) const BUSY: &str = r#"
[[rule]]
name = "busy"
match = ['name="load"']
threshold = { above = 8 }
"#;

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) planner: Planner,
    pub(super) alerts: BTreeMap<AlertKey, Alert>,
    pub(super) groups: BTreeMap<String, AlertGroup>,
    pub(super) silences: Vec<Silence>,
    ids: BTreeSet<String>,
}

/// A notice, without what it borrows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) at: Timestamp,
    pub(super) id: String,
    pub(super) follows: Option<String>,
    pub(super) to: String,
    pub(super) group: String,
    pub(super) why: Why,
    /// Host, and when it fired.
    pub(super) alerts: Vec<(News, String, Timestamp)>,
    pub(super) muted: usize,
    pub(super) escalated_after: Option<Duration>,
}

/// Recipients that are not mail addresses are webhooks.
pub(super) fn planner(rules: &str, receivers: &[(&str, &[&str])]) -> Planner {
    let recipient = |name: &&str| {
        let by_mail = Recipient::named(Channel::Mail, (*name).to_owned());
        by_mail.unwrap_or_else(|| Recipient::Service(Channel::Webhook, (*name).to_owned()))
    };
    let receiver = |(name, mails): &(&str, &[&str])| Receiver {
        name: (*name).to_owned(),
        recipients: mails.iter().map(recipient).collect(),
    };
    let receivers: Vec<_> = receivers.iter().map(receiver).collect();
    let names: Vec<_> = receivers.iter().map(|receiver| receiver.name.clone()).collect();
    let document = Document::parse("test.toml", rules).unwrap();
    let rules = document.read(|root| RuleSet::read(root, &Routing::default(), &names)).unwrap();
    Planner::new(&rules, &receivers)
}

impl World {
    pub(super) fn new(rules: &str) -> Self {
        Self {
            now: "2026-11-20T10:00:00Z".parse().unwrap(),
            planner: planner(rules, &[("ops", &["ops"])]),
            alerts: BTreeMap::new(),
            groups: BTreeMap::new(),
            silences: Vec::new(),
            ids: BTreeSet::new(),
        }
    }

    /// Unless it fires already.
    pub(super) fn fire(&mut self, rule: &str, host: &str) {
        let alert = Alert {
            rule: rule.into(),
            series: Arc::new(Series::new("host", "load", "", &[("host", host)]).unwrap()),
            severity: Severity::Warning,
            fired_at: self.now,
            cleared_at: None,
            value: Some(9.0),
            reason: "is 9, above 8".into(),
            acknowledged: None,
        };
        let key = AlertKey::of(&alert);
        if self.alerts.get(&key).is_none_or(|alert| !alert.is_firing()) {
            self.alerts.insert(key, alert);
        }
    }

    /// If it fires.
    pub(super) fn clear(&mut self, rule: &str, host: &str) {
        let now = self.now;
        let is_meant =
            |alert: &&mut Alert| alert.rule == rule && alert.field("host") == Some(host) && alert.is_firing();
        self.alerts.values_mut().filter(is_meant).for_each(|alert| alert.cleared_at = Some(now));
    }

    /// What fires on this host.
    pub(super) fn acknowledge(&mut self, host: &str, length: Option<Duration>) {
        let ack = Acknowledgement {
            at: self.now,
            by: "ann".into(),
            comment: String::new(),
            until: length.map(|length| self.now.plus(length)),
        };
        for alert in self.alerts.values_mut().filter(|alert| alert.field("host") == Some(host)) {
            alert.acknowledged = Some(ack.clone());
        }
    }

    pub(super) fn silence(&mut self, matcher: &str, length: Duration) {
        let matchers = watchkeeper_domain::Matchers::new(vec![matcher.parse().unwrap()]).unwrap();
        self.silences.push(Silence {
            id: self.silences.len().to_string(),
            matchers,
            starts_at: self.now,
            ends_at: self.now.plus(length),
            created_by: "me".into(),
            comment: "works".into(),
        });
    }

    /// Plans now, and stores and removes what the planner says.
    pub(super) fn plan(&mut self) -> Vec<Heard> {
        let alerts: Vec<_> = self.alerts.values().cloned().collect();
        let groups: Vec<_> = self.groups.values().cloned().collect();
        let decision = self.planner.plan(self.now, &alerts, &groups, &self.silences);
        let mut heard = Vec::new();
        for plan in &decision.groups {
            let change = &plan.change;
            let stored = self.groups.get(&change.key);
            assert_eq!(stored.map_or(0, |group| group.version), change.expected, "{}", change.key);
            let (key, version) = (change.key.clone(), change.expected + 1);
            match change.state.clone() {
                Some(state) => self.groups.insert(key.clone(), AlertGroup { key, version, state }),
                None => self.groups.remove(&key),
            };
            heard.extend(plan.notice.as_ref().map(|notice| self.hear(notice)));
        }
        for (key, cleared_at) in &decision.removable {
            let alert = self.alerts.remove(key).expect("only what there is can be removed");
            assert_eq!(alert.cleared_at, Some(*cleared_at), "only what has cleared may be removed");
        }
        heard
    }

    fn hear(&mut self, notice: &Notice<'_>) -> Heard {
        assert!(self.ids.insert(notice.id.clone()), "{} was used before", notice.id);
        let alerts = notice.alerts.iter().map(|told| {
            let host = told.alert.field("host").unwrap_or_default();
            (told.news, host.to_owned(), told.alert.fired_at)
        });
        Heard {
            at: self.now,
            id: notice.id.clone(),
            follows: notice.follows.clone(),
            to: notice.recipient.name().to_owned(),
            group: notice.group_name(),
            why: notice.why,
            alerts: alerts.collect(),
            muted: notice.muted,
            escalated_after: notice.escalated_after,
        }
    }

    /// Plans every second for so long, and gives what was heard.
    pub(super) fn pass(&mut self, seconds: u64) -> Vec<Heard> {
        let mut heard = Vec::new();
        for _ in 0..seconds {
            self.now = self.now.plus(Duration::from_secs(1));
            heard.extend(self.plan());
        }
        heard
    }
}

impl Heard {
    /// `first: a fires, b fires`
    pub(super) fn shown(&self) -> String {
        let alert = |(news, host, _): &(News, String, Timestamp)| format!("{host} {}", news.name());
        let alerts: Vec<_> = self.alerts.iter().map(alert).collect();
        format!("{}: {}", self.why.name(), alerts.join(", "))
    }
}
