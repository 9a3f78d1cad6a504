//! Puts latest values and history together; pure.

use super::board::{Board, Check, Group, HEARTBEATS, Kind, Since, State, Target};
use super::checks::{MAX_CHECKS, check, seconds};
use super::family::{Family, labels_of};
use super::history::{History, Past};
use super::state::{GONE_AFTER, check_interval, judge, since};
use super::{blind, uptime};
use crate::answer::Answer;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use watchkeeper_domain::{Alert, Sample, Series, Timestamp};
use watchkeeper_rules::{HEARTBEAT_RULE, Heartbeat, RuleSet, state_series};

/// The latest values.
pub(super) struct Latest {
    /// Whether targets are up.
    pub(super) probed: Vec<Sample>,
    /// Whether there are more of them.
    pub(super) more: bool,
    /// By the labels of the target, as all that follow.
    pub(super) latency: HashMap<String, Sample>,
    pub(super) certificate: HashMap<String, Sample>,
    pub(super) domain: HashMap<String, Sample>,
    pub(super) can_probe: Vec<Sample>,
    pub(super) heartbeats: Vec<Sample>,
}

/// The order of the groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Named,
    Others,
    Heartbeats,
}

pub(super) fn assemble(
    latest: &Latest,
    history: &History,
    outcome: Answer<()>,
    rules: &RuleSet,
    alerts: &[Alert],
    now: Timestamp,
) -> Board {
    let mut groups: BTreeMap<(Rank, Option<String>), Vec<Target>> = BTreeMap::new();
    let probed = probed(latest, history, now).map(|sample| {
        let past = history.targets.get(sample.series.key());
        target(sample, past, latest, now)
    });
    let beats = rules.heartbeats().map(|heartbeat| job(heartbeat, latest, history, alerts));
    for target in probed.chain(beats) {
        let group = match (target.kind, &target.group) {
            (Kind::Heartbeat, _) => (Rank::Heartbeats, Some(HEARTBEATS.to_owned())),
            (_, None) => (Rank::Others, None),
            (_, named) => (Rank::Named, named.clone()),
        };
        groups.entry(group).or_default().push(target);
    }
    let groups = groups.into_iter().map(|((_, name), mut targets)| {
        targets.sort_by(|one, other| one.name.cmp(&other.name));
        Group { name, targets }
    });
    Board { groups: groups.collect(), more: latest.more, history: outcome }
}

/// The latest sample of each target. The history knows some that have left the cache.
fn probed<'a>(latest: &'a Latest, history: &'a History, now: Timestamp) -> impl Iterator<Item = &'a Sample> {
    let is_listed = move |sample: &&Sample| now.since(sample.collected_at) <= GONE_AFTER;
    let cached: HashSet<&Series> = latest.probed.iter().map(|sample| &*sample.series).collect();
    let others = history.targets.values().filter(|past| past.family == Family::Probes);
    let others = others.map(|past| &past.latest).filter(move |sample| !cached.contains(&*sample.series));
    latest.probed.iter().chain(others).filter(is_listed)
}

fn target(sample: &Sample, past: Option<&Past>, latest: &Latest, now: Timestamp) -> Target {
    let series = &sample.series;
    let labels = labels_of(series);
    let at_once = |other: &&Sample| other.collected_at == sample.collected_at;
    let latency = latest.latency.get(labels).filter(at_once).and_then(|sample| seconds(sample.value));
    let kind = past.map(|past| past.kind).unwrap_or_default();
    let last = check(Family::Probes, sample.clone(), latency);
    let checks = with_last(past, last);
    let interval = check_interval(&checks, kind);
    let why = blind::why(&latest.can_probe, kind, sample.collected_at, interval, now);
    let state = judge(sample.collected_at, sample.value > 0.0, interval, why.is_some(), now);
    let reason = match state {
        State::Down => sample.note.as_ref().map(ToString::to_string),
        State::CannotSee => why,
        State::NoData | State::NotYet | State::Up => None,
    };
    let since = match state {
        State::CannotSee | State::NoData => Some(Since::Exactly(sample.collected_at)),
        _ => lasts(past, &checks),
    };
    Target {
        name: series.label("target").unwrap_or(labels).to_owned(),
        group: series.label("group").map(str::to_owned),
        labels: other_labels(series),
        kind,
        state,
        reason,
        since,
        checked: Some(sample.collected_at),
        latency,
        certificate_days: days_left(latest.certificate.get(labels), now),
        domain_days: days_left(latest.domain.get(labels), now),
        day: past.and_then(|past| uptime::day(past, now)),
        month: past.and_then(|past| uptime::days(past, uptime::MONTH, now)),
        quarter: past.and_then(|past| uptime::days(past, uptime::QUARTER, now)),
        checks,
        series: Arc::clone(series),
    }
}

/// The known checks, and the last one if it is newer.
fn with_last(past: Option<&Past>, last: Option<Check>) -> Vec<Check> {
    let mut checks = past.map(|past| past.checks.clone()).unwrap_or_default();
    let newer = last.filter(|last| checks.last().is_none_or(|known| known.at < last.at));
    checks.extend(newer);
    checks.drain(..checks.len().saturating_sub(MAX_CHECKS));
    checks
}

fn lasts(past: Option<&Past>, checks: &[Check]) -> Option<Since> {
    let is_all = past.is_some_and(|past| !past.has_gap) && checks.len() < MAX_CHECKS;
    let since = since(checks, is_all)?;
    let is_down = checks.last().is_some_and(|last| !last.is_up);
    let known = past.and_then(|past| past.down_since).filter(|_| is_down);
    Some(match since {
        Since::Before(_) => known.unwrap_or(since),
        Since::Exactly(_) => since,
    })
}

fn other_labels(series: &Series) -> Vec<(String, String)> {
    let others = series.labels().filter(|(name, _)| !matches!(*name, "target" | "group"));
    others.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What is left now of the days that were left then.
fn days_left(sample: Option<&Sample>, now: Timestamp) -> Option<f64> {
    let sample = sample?;
    Some(sample.value - now.since(sample.collected_at).as_secs_f64() / 86_400.0)
}

fn job(heartbeat: &Heartbeat, latest: &Latest, history: &History, alerts: &[Alert]) -> Target {
    let series = Arc::new(state_series(&heartbeat.job));
    let past = history.targets.get(series.key());
    let cached = latest.heartbeats.iter().find(|sample| sample.series == series);
    let checks = with_last(past, cached.cloned().and_then(|sample| check(Family::Heartbeats, sample, None)));
    let rule = format!("{HEARTBEAT_RULE}{}", heartbeat.job);
    let alert = alerts.iter().find(|alert| alert.rule == rule && alert.is_firing());
    let last = checks.last();
    let (state, reason, since) = match (alert, last) {
        (Some(alert), _) => (State::Down, Some(alert.reason.clone()), Some(Since::Exactly(alert.fired_at))),
        (None, None) => (State::NotYet, None, None),
        (None, Some(last)) if last.is_up => (State::Up, None, lasts(past, &checks)),
        (None, Some(last)) => {
            (State::Down, last.note.as_ref().map(ToString::to_string), lasts(past, &checks))
        }
    };
    Target {
        name: heartbeat.job.clone(),
        group: None,
        labels: Vec::new(),
        kind: Kind::Heartbeat,
        state,
        reason,
        since,
        checked: last.map(|last| last.at),
        latency: None,
        certificate_days: None,
        domain_days: None,
        day: None,
        month: None,
        quarter: None,
        checks,
        series,
    }
}
