//! The page of one target: why it is down, its last checks, its latency, its alerts.

use super::Part;
use super::bar::Bar;
use super::board::{Expiry, StateText, UptimeText, Why};
use super::moment::Moment;
use super::range_choice::RangeChoice;
use super::series_alerts::SeriesAlerts;
use super::series_page::DrawnSeries;
use super::shell::Shell;
use crate::explore::Range;
use crate::format::{Shown, count};
use crate::gather::TargetFound;
use crate::links;
use askama::Template;
use watchkeeper_domain::{Series, SeriesFilter, Timestamp};
use watchkeeper_query::{Board, Check, Kind, State, Target, Uptime};
use watchkeeper_rules::RuleSet;

/// The page at `/target`.
#[derive(Template)]
#[template(path = "target.html", whitespace = "minimize")]
pub(crate) struct TargetPage {
    shell: Shell,
    name: String,
    key: String,
    series_link: String,
    stream: String,
    /// `None` if there is no such target now.
    target: Part<Option<TargetText>>,
    /// Whether its latency is measured at all.
    has_latency: bool,
    range: RangeChoice,
    /// The range in words.
    over: String,
    /// Of its latency.
    drawn: Part<DrawnSeries>,
    alerts: Part<SeriesAlerts>,
}

struct TargetText {
    is_up: bool,
    state: StateText,
    why: Option<Why>,
    checked: Option<Moment>,
    /// Kind, group, labels, latency.
    facts: Vec<(String, String)>,
    expiries: Vec<Expiry>,
    uptimes: Vec<UptimeRow>,
    bar: Option<Bar>,
    /// Newest first.
    checks: Vec<CheckRow>,
}

struct UptimeRow {
    range: &'static str,
    uptime: UptimeText,
    checks: String,
}

struct CheckRow {
    moment: Moment,
    state: StateText,
    latency: String,
    note: String,
}

impl TargetPage {
    /// The page at the instant `now`.
    pub(crate) fn new(
        shell: Shell,
        series: &Series,
        range: Range,
        found: TargetFound,
        rules: &RuleSet,
        now: Timestamp,
    ) -> Self {
        let of_series = |board: &Board| board.targets().find(|target| *target.series == *series).cloned();
        let target = found.board.as_ref().map(of_series).map_err(Clone::clone);
        let (over, address) = (range.title(), format!("http://{}", shell.address));
        let alerts = found.alerts.as_ref().ok();
        let drawn = found.latency.map(|(latency, history)| {
            DrawnSeries::new(&latency, range, &history, rules, alerts, (&over, &address))
        });
        let link = |range| links::target_over(series, range);
        Self {
            shell,
            name: series.label("target").or(series.label("heartbeat")).unwrap_or(series.key()).to_owned(),
            key: series.key().to_owned(),
            series_link: links::series(series),
            stream: links::stream(&SeriesFilter::with_labels_of(series)),
            has_latency: series.source() == "uptime",
            target: target.map(|target| target.map(|target| TargetText::new(&target, now))),
            range: RangeChoice::new("/target", links::series_parameters(series), range, link),
            over,
            drawn,
            alerts: found.alerts.map(|alerts| SeriesAlerts::new(&alerts, rules, series, now)),
        }
    }
}

impl TargetText {
    fn new(target: &Target, now: Timestamp) -> Self {
        let days = [("certificate", target.certificate_days), ("domain", target.domain_days)];
        let uptimes = [("24 hours", target.day), ("30 days", target.month), ("90 days", target.quarter)];
        Self {
            is_up: target.state == State::Up,
            state: StateText::new(target.state),
            why: Why::of(target, now),
            checked: target.checked.map(|at| Moment::ago(at, now)),
            facts: facts(target),
            expiries: days
                .into_iter()
                .filter_map(|(what, days)| Some(Expiry::in_days(what, days?)))
                .collect(),
            uptimes: uptimes
                .into_iter()
                .filter_map(|(range, uptime)| Some(UptimeRow::new(range, &uptime?)))
                .collect(),
            bar: Bar::new(&target.checks),
            checks: target.checks.iter().rev().map(|check| CheckRow::new(check, now)).collect(),
        }
    }
}

fn facts(target: &Target) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    if target.kind != Kind::Other {
        facts.push(("Check".to_owned(), target.kind.name().to_owned()));
    }
    facts.extend(target.group.clone().map(|group| ("Group".to_owned(), group)));
    facts.extend(target.labels.iter().cloned());
    let latency = target.latency.map(|latency| Shown::new(latency.as_secs_f64(), "seconds").text);
    facts.extend(latency.map(|latency| ("Latency".to_owned(), latency)));
    facts
}

impl UptimeRow {
    fn new(range: &'static str, uptime: &Uptime) -> Self {
        Self { range, uptime: UptimeText::new(uptime), checks: count(uptime.checks) }
    }
}

impl CheckRow {
    fn new(check: &Check, now: Timestamp) -> Self {
        let state = if check.is_up { State::Up } else { State::Down };
        let latency = check.latency.map(|latency| Shown::new(latency.as_secs_f64(), "seconds").text);
        Self {
            moment: Moment::clock(check.at, now),
            state: StateText::new(state),
            latency: latency.unwrap_or_default(),
            note: check.note.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}
