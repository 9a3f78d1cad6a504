//! What needs attention, in sentences.

use super::alert_line::is_worth_mention;
use super::board::Why;
use super::moment::Moment;
use crate::format::{age, count, cut, duration};
use crate::gather::{Alerts, Overview, Platform, WaitingSince};
use crate::links;
use std::collections::{BTreeMap, HashSet};
use watchkeeper_domain::{Alert, Series, Severity, Timestamp};
use watchkeeper_query::{Board, State, Target};
use watchkeeper_runtime::RoleState;

/// Maximum number of targets that are named; the others are counted.
const NAMED_TARGETS: usize = 20;
/// Targets without data, and alerts of one rule, are named up to this number: more have the same cause.
const NAMED_OF_ONE_CAUSE: usize = 3;
/// Maximum number of sentences about alerts.
const NAMED_ALERTS: usize = 10;
/// Maximum length of a reason, in characters.
const REASON_CHARS: usize = 200;

/// One sentence: subject, verb, moment, reason.
pub(super) struct Sentence {
    /// The CSS class: `degraded` or `waiting`.
    pub(super) class: &'static str,
    pub(super) subject: String,
    /// Where it is dealt with.
    pub(super) link: String,
    pub(super) says: String,
    pub(super) moment: Option<Moment>,
    pub(super) reason: String,
}

impl Sentence {
    fn new(
        class: &'static str,
        subject: impl Into<String>,
        link: impl Into<String>,
        says: impl Into<String>,
    ) -> Self {
        Self {
            class,
            subject: subject.into(),
            link: link.into(),
            says: says.into(),
            moment: None,
            reason: String::new(),
        }
    }
}

/// All that needs attention, what hides other things first.
pub(super) fn attention(
    roles: &BTreeMap<&'static str, RoleState>,
    overview: &Overview,
    silent_hosts: &[(String, Timestamp)],
    now: Timestamp,
) -> Vec<Sentence> {
    let board = overview.board.as_ref().ok();
    let alerts = overview.platform.alerting.alerts.as_ref().ok();
    let mut all = missing(roles);
    all.extend(board.into_iter().flat_map(|board| down(board, now)));
    all.extend(alerts.into_iter().flat_map(|alerts| firing(alerts, board, now)));
    all.extend(board.into_iter().flat_map(|board| unseen(board, now)));
    all.extend(silent_hosts.iter().map(|(host, at)| Sentence {
        moment: Some(Moment::ago(*at, now)),
        ..Sentence::new("waiting", host, format!("#{}", links::host_anchor(host)), "sent its last samples ")
    }));
    all.extend(platform(roles, &overview.platform, now));
    all
}

/// The dependencies that roles wait for, each once.
fn missing(roles: &BTreeMap<&'static str, RoleState>) -> Vec<Sentence> {
    let missing: BTreeMap<_, _> = roles.values().flat_map(|role| &role.missing).collect();
    let sentence = |(what, reason): (&&str, &String)| Sentence {
        reason: format!(": {}", cut(reason, REASON_CHARS)),
        ..Sentence::new("degraded", format!("The {what}"), "/system", "is unavailable")
    };
    missing.into_iter().map(sentence).collect()
}

fn down(board: &Board, now: Timestamp) -> Vec<Sentence> {
    let down: Vec<_> = board.attention().into_iter().filter(|target| target.state == State::Down).collect();
    let mut sentences: Vec<_> =
        down.iter().take(NAMED_TARGETS).filter_map(|target| about(target, "degraded", now)).collect();
    if let more @ 1.. = down.len().saturating_sub(NAMED_TARGETS) {
        sentences.push(Sentence::new(
            "degraded",
            format!("{} more targets", count(more)),
            "#targets",
            "are down",
        ));
    }
    sentences
}

fn about(target: &Target, class: &'static str, now: Timestamp) -> Option<Sentence> {
    let Why { verb, moment, reason } = Why::of(target, now)?;
    let sentence = Sentence::new(class, &target.name, links::target(&target.series), verb);
    Some(Sentence { moment, reason: cut(&reason, REASON_CHARS), ..sentence })
}

/// Targets without data or out of sight: many of them have one cause.
fn unseen(board: &Board, now: Timestamp) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for (state, are, question) in [
        (State::CannotSee, "cannot be checked", ""),
        (State::NoData, "are not being checked", ": is the collector running?"),
    ] {
        let targets: Vec<_> = board.targets().filter(|target| target.state == state).collect();
        if targets.len() <= NAMED_OF_ONE_CAUSE {
            sentences.extend(targets.iter().filter_map(|target| about(target, "waiting", now)));
            continue;
        }
        let why = targets.iter().find_map(|target| target.reason.as_ref());
        sentences.push(Sentence {
            reason: why.map_or_else(|| question.to_owned(), |why| format!(": {}", cut(why, REASON_CHARS))),
            ..Sentence::new("waiting", format!("{} targets", count(targets.len())), "#targets", are)
        });
    }
    sentences
}

/// The alerts, except those of targets that are down: these have a sentence already.
fn firing(alerts: &Alerts, board: Option<&Board>, now: Timestamp) -> Vec<Sentence> {
    let targets = board.into_iter().flat_map(Board::targets).filter(|target| target.state == State::Down);
    let said: HashSet<&Series> = targets.map(|target| &*target.series).collect();
    let mut rules: Vec<Vec<&Alert>> = Vec::new();
    for alert in alerts.firing.iter().filter(|alert| !said.contains(&*alert.series)) {
        match rules.iter_mut().find(|of_rule| of_rule[0].rule == alert.rule) {
            Some(of_rule) => of_rule.push(alert),
            None => rules.push(vec![alert]),
        }
    }
    let mut sentences: Vec<_> = rules.iter().flat_map(|of_rule| about_rule(of_rule, now)).collect();
    if sentences.len() > NAMED_ALERTS {
        sentences.truncate(NAMED_ALERTS);
        sentences.push(Sentence::new("waiting", "More alerts", "/alerts", "are firing"));
    }
    sentences
}

/// One sentence for each alert of a rule, or one for all if they are many.
fn about_rule(alerts: &[&Alert], now: Timestamp) -> Vec<Sentence> {
    if alerts.len() <= NAMED_OF_ONE_CAUSE {
        return alerts.iter().map(|alert| about_alert(alert, now)).collect();
    }
    let says = format!("is firing for {} series; the last one started ", count(alerts.len()));
    let latest = alerts.iter().map(|alert| alert.fired_at).max().unwrap_or(now);
    let sentence = Sentence::new(class_of(alerts[0]), &alerts[0].rule, "/alerts", says);
    vec![Sentence { moment: Some(Moment::ago(latest, now)), ..sentence }]
}

fn class_of(alert: &Alert) -> &'static str {
    if alert.severity == Severity::Critical { "degraded" } else { "waiting" }
}

fn about_alert(alert: &Alert, now: Timestamp) -> Sentence {
    let labels: Vec<_> = alert.series.labels().map(|(_, value)| value).collect();
    let of = if labels.is_empty() { String::new() } else { format!(" for {}", cut(&labels.join(" "), 80)) };
    let link = links::alert(&alert.rule, &alert.series, None);
    Sentence {
        moment: Some(Moment::ago(alert.fired_at, now)),
        reason: format!(": {}", cut(&alert.reason, REASON_CHARS)),
        ..Sentence::new(class_of(alert), &alert.rule, link, format!("fired{of} "))
    }
}

/// The clock, notifications and dead letters.
fn platform(roles: &BTreeMap<&'static str, RoleState>, platform: &Platform, now: Timestamp) -> Vec<Sentence> {
    let notices: BTreeMap<_, _> = roles.values().flat_map(|role| &role.notices).collect();
    let mut sentences: Vec<_> = notices
        .values()
        .map(|notice| {
            Sentence::new("waiting", "Watchkeeper", "/system", format!("says: {}", cut(notice, REASON_CHARS)))
        })
        .collect();
    if let (true, Ok(Some(by))) = (sentences.is_empty(), &platform.clock) {
        let by = duration(by.as_secs_f64());
        sentences.push(Sentence::new(
            "waiting",
            "A clock",
            "/system",
            format!("is off by {by} and is ignored"),
        ));
    }
    if let Ok(outbox) = &platform.alerting.outbox {
        let (at, over) = match outbox.waiting_since() {
            Some(WaitingSince::Exactly(at)) => (Some(at), ""),
            Some(WaitingSince::Before(at)) => (Some(at), "over "),
            None => (None, ""),
        };
        let since = at.filter(|at| is_worth_mention(*at, now)).and_then(|at| age(at, now));
        if let Some(since) = since {
            let what = plural(outbox.waiting, "notification", "notifications");
            let says = format!("undelivered for {over}{since}");
            sentences.push(Sentence::new("waiting", what, "/alerts#notifications", says));
        }
    }
    if let Ok(letters) = &platform.letters
        && letters.outstanding > 0
    {
        let what = plural(letters.outstanding, "dead letter", "dead letters");
        let says = "rejected and not yet replayed or discarded";
        sentences.push(Sentence::new("waiting", what, "/system#dead-letters", says));
    }
    sentences
}

/// `1 notification`, `7 notifications`.
fn plural(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { more })
}
