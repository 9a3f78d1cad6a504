//! The alerts page.

mod firing;
mod notifications;
mod pending;
mod rules;
pub(super) mod silences;
mod week;

use super::Part;
use super::alert_line::AlertLine;
use super::alert_row::AlertRow;
use super::done::Done;
use super::events::StateText;
use super::listed::Listed;
use super::shell::Shell;
use crate::gather::{Alerting, MAX_PAST, Past};
use crate::links;
use crate::recent::Recent;
use askama::Template;
use firing::FiringPart;
use notifications::NotificationsPart;
use pending::PendingPart;
use rules::RulesPart;
use silences::SilencesPart;
use std::collections::BTreeMap;
use watchkeeper_domain::{Alert, Silence, Timestamp};
use watchkeeper_query::Answer;
use watchkeeper_rules::{RuleSet, Unmatched};
use week::WeekPart;

/// Maximum number of cleared alerts shown.
const SHOWN_CLEARED: usize = 50;

/// The page at `/alerts`.
#[derive(Template)]
#[template(path = "alerts.html", whitespace = "minimize")]
pub(crate) struct AlertsPage {
    shell: Shell,
    done: Option<Done>,
    /// Whether the reader may change something.
    may_act: bool,
    line: Option<AlertLine>,
    week: Part<WeekPart>,
    firing: Part<FiringPart>,
    pending: Part<PendingPart>,
    cleared: Part<Listed<AlertRow>>,
    /// Whether more have cleared than were read.
    more_cleared: bool,
    silences: Part<SilencesPart>,
    notifications: Part<NotificationsPart>,
    rules: RulesPart,
    over: &'static str,
    choices: Vec<Choice>,
}

/// A range to choose.
struct Choice {
    name: &'static str,
    link: String,
    is_current: bool,
}

/// What the page was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AlertsView {
    pub(crate) recent: Recent,
    pub(crate) done: Option<Done>,
    pub(crate) may_act: bool,
}

impl AlertsPage {
    /// The page at the instant `now`, with the number of firing alerts by rule.
    pub(crate) fn new(
        shell: Shell,
        rules: &RuleSet,
        (alerting, past): (Alerting, Past),
        firing_by_rule: &Answer<BTreeMap<String, u64>>,
        unmatched: &Unmatched,
        view: AlertsView,
        now: Timestamp,
    ) -> Self {
        let line = AlertLine::of(&alerting, now);
        let AlertsView { recent, done, may_act } = view;
        let Alerting { alerts, silences, outbox } = alerting;
        let Past { pending, cleared, ended, notifications } = past;
        let firing = alerts.as_ref().map(|alerts| &*alerts.firing).unwrap_or_default();
        let choice = |choice: Recent| Choice {
            name: choice.title(),
            link: links::alerts(choice),
            is_current: choice == recent,
        };
        Self {
            shell,
            done,
            may_act,
            line,
            week: match (&alerts, &cleared) {
                (Ok(alerts), Ok(cleared)) => {
                    let known = silences.iter().flat_map(|silences| &silences.all);
                    let all: Vec<Silence> = known.chain(ended.iter().flatten()).cloned().collect();
                    Ok(WeekPart::new(&alerts.firing, cleared, &all, now))
                }
                (Err(reason), _) | (_, Err(reason)) => Err(reason.clone()),
            },
            rules: RulesPart::new(rules, firing_by_rule.as_ref().ok(), unmatched),
            more_cleared: cleared.as_ref().is_ok_and(|cleared| cleared.len() > MAX_PAST),
            cleared: cleared.map(|cleared| listed_cleared(&cleared, recent, now)),
            pending: pending.map(|pending| PendingPart::new(pending, now)),
            silences: silences
                .as_ref()
                .map(|silences| SilencesPart::new(silences, firing, unmatched, now))
                .map_err(Clone::clone),
            firing: alerts.map(|alerts| FiringPart::new(&alerts, silences.as_ref(), rules, now)),
            notifications: notifications.map(|made| NotificationsPart::new(&made, &outbox, now)),
            over: recent.title(),
            choices: Recent::ALL.map(choice).into(),
        }
    }
}

fn listed_cleared(cleared: &[Alert], recent: Recent, now: Timestamp) -> Listed<AlertRow> {
    let since = recent.from(now);
    let within: Vec<_> = cleared.iter().filter(|alert| alert.cleared_at >= Some(since)).collect();
    Listed::first(within.into_iter(), SHOWN_CLEARED, |alert| AlertRow::new(alert, now))
}
