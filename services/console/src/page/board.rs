//! The board of targets.

use super::bar::Bar;
use super::moment::Moment;
use crate::format::{Shown, age, count, grouped};
use crate::links;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::{Board, Group, Kind, MAX_TARGETS, Since, State, Target, Uptime};

/// A certificate that expires within so many days is marked.
const EXPIRES_SOON: f64 = 14.0;
/// The same, as urgent.
const EXPIRES_NOW: f64 = 3.0;

/// The board of targets.
pub(super) struct BoardPart {
    /// How many are in each state: `56 up`.
    pub(super) counts: Vec<Count>,
    pub(super) groups: Vec<GroupPart>,
    /// What is missing.
    pub(super) remarks: Vec<String>,
}

pub(super) struct Count {
    pub(super) class: &'static str,
    pub(super) text: String,
}

pub(super) struct GroupPart {
    /// Empty if it has none and needs none.
    pub(super) name: String,
    pub(super) total: String,
    /// How many are not up: `2 down`.
    pub(super) counts: Vec<Count>,
    pub(super) rows: Vec<TargetRow>,
}

pub(super) struct TargetRow {
    /// Of the series that says whether it is up.
    pub(super) key: String,
    pub(super) is_up: bool,
    pub(super) link: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) state: StateText,
    pub(super) why: Option<Why>,
    pub(super) bar: Option<Bar>,
    pub(super) latency: Option<String>,
    /// Of 24 hours, 30 days and 90 days.
    pub(super) uptimes: [Option<UptimeText>; 3],
    pub(super) expiry: Option<Expiry>,
}

/// A state in words and in a class, which gives it shape and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StateText {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

impl StateText {
    pub(super) fn new(state: State) -> Self {
        let class = match state {
            State::Up => "well",
            State::Down => "degraded",
            State::CannotSee => "waiting",
            State::NoData | State::NotYet => "unknown",
        };
        Self { class, word: state.name() }
    }
}

/// Why a target is not up: `Went down 3 min ago: answered 500`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Why {
    pub(super) verb: String,
    pub(super) moment: Option<Moment>,
    /// With a colon, or empty.
    pub(super) reason: String,
}

impl Why {
    /// `None` of a target that is up.
    pub(super) fn of(target: &Target, now: Timestamp) -> Option<Self> {
        let (verb, moment) = match (target.state, target.since) {
            (State::Up, _) => return None,
            (State::NotYet, _) => ("has not reported yet".to_owned(), None),
            (State::NoData, Some(since)) => ("was last checked ".to_owned(), Some(since.at())),
            (State::CannotSee, Some(since)) => {
                ("cannot be checked; last check ".to_owned(), Some(since.at()))
            }
            (State::Down, Some(Since::Exactly(at))) => ("went down ".to_owned(), Some(at)),
            (State::Down, Some(Since::Before(at))) => {
                let over = age(at, now).unwrap_or_else(|| "a moment".to_owned());
                (format!("has been down for over {over}"), None)
            }
            (State::Down | State::NoData | State::CannotSee, None) => (format!("is {}", target.state), None),
        };
        let reason = target.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        Some(Self { verb, moment: moment.map(|at| Moment::ago(at, now)), reason })
    }
}

pub(super) struct UptimeText {
    pub(super) percent: String,
    /// What it covers, if that is less than the whole range.
    pub(super) partial: Option<String>,
}

impl UptimeText {
    pub(super) fn new(uptime: &Uptime) -> Self {
        let (percent, since) = (uptime.percent(), uptime.since.to_string());
        let is_whole = percent <= 0.0 || percent >= 100.0;
        let decimals = if is_whole { 0 } else { 2 };
        let since = since.get(..16).unwrap_or_default().replace('T', " ");
        let partial = || format!("{} checks since {since} UTC", count(uptime.checks));
        Self {
            percent: format!("{} %", grouped(percent, &(decimals..=decimals))),
            partial: uptime.is_partial.then(partial),
        }
    }
}

/// When a certificate or a registration ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expiry {
    pub(super) text: String,
    pub(super) class: &'static str,
    pub(super) what: &'static str,
}

impl Expiry {
    /// Of what ends first.
    pub(super) fn of(target: &Target) -> Option<Self> {
        let both = [("certificate", target.certificate_days), ("domain", target.domain_days)];
        let known = both.into_iter().filter_map(|(what, days)| Some((what, days?)));
        let (what, days) = known.min_by(|one, other| one.1.total_cmp(&other.1))?;
        Some(Self::in_days(what, days))
    }

    pub(super) fn in_days(what: &'static str, days: f64) -> Self {
        let text =
            if days < 0.0 { "expired".to_owned() } else { format!("{} d", grouped(days.floor(), &(0..=0))) };
        let class = match days {
            days if days < EXPIRES_NOW => "degraded",
            days if days < EXPIRES_SOON => "waiting",
            _ => "",
        };
        Self { text, class, what }
    }
}

impl BoardPart {
    pub(super) fn new(board: &Board, now: Timestamp) -> Self {
        let is_one_group = board.groups.len() == 1;
        let mut remarks = Vec::new();
        if board.more {
            let most = count(MAX_TARGETS);
            remarks.push(format!(
                "Only the first {most} targets are on the board. The others are checked, and rules watch them."
            ));
        }
        if let Err(reason) = &board.history {
            remarks.push(format!("Last checks and uptimes are not up to date: {reason}"));
        }
        Self {
            counts: counts(State::ALL, |state| board.count(state)),
            groups: board.groups.iter().map(|group| GroupPart::new(group, is_one_group, now)).collect(),
            remarks,
        }
    }
}

impl GroupPart {
    fn new(group: &Group, is_only: bool, now: Timestamp) -> Self {
        let other = if is_only { "" } else { "Other" };
        let not_up = State::ALL.into_iter().filter(|state| *state != State::Up);
        let of_state = |state| group.targets.iter().filter(|target| target.state == state).count();
        Self {
            name: group.name.clone().unwrap_or_else(|| other.to_owned()),
            total: count(group.targets.len()),
            counts: counts(not_up, of_state),
            rows: group.targets.iter().map(|target| TargetRow::new(target, now)).collect(),
        }
    }
}

fn counts(states: impl IntoIterator<Item = State>, of: impl Fn(State) -> usize) -> Vec<Count> {
    let found = states.into_iter().map(|state| (state, of(state))).filter(|(_, found)| *found > 0);
    found
        .map(|(state, found)| Count {
            class: StateText::new(state).class,
            text: format!("{} {state}", count(found)),
        })
        .collect()
}

impl TargetRow {
    pub(super) fn new(target: &Target, now: Timestamp) -> Self {
        let seconds = target.latency.map(|latency| latency.as_secs_f64());
        Self {
            key: target.series.key().to_owned(),
            is_up: target.state == State::Up,
            link: links::target(&target.series),
            name: target.name.clone(),
            // Most are HTTP, and the group of heartbeats says it already.
            kind: if matches!(target.kind, Kind::Heartbeat | Kind::Http) { "" } else { target.kind.name() },
            state: StateText::new(target.state),
            why: Why::of(target, now),
            bar: Bar::new(&target.checks),
            latency: seconds.map(|seconds| Shown::new(seconds, "seconds").text),
            uptimes: [target.day, target.month, target.quarter]
                .map(|uptime| uptime.as_ref().map(UptimeText::new)),
            expiry: Expiry::of(target),
        }
    }
}
