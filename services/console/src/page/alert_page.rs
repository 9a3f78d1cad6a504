//! The page of one alert.

use super::Part;
use super::alert_row::AlertRow;
use super::alerts_page::silences::{SHOWN_BY_CHARS, SilenceRow};
use super::done::Done;
use super::events::{Event, StateText, events};
use super::explore_page::point;
use super::listed::Listed;
use super::moment::Moment;
use super::shell::Shell;
use super::silence_form::{Back, SilenceForm, Typed};
use crate::alert_chart::AlertChart;
use crate::format::{count, cut, duration};
use crate::gather::{AlertFound, MAX_NOTIFICATIONS_ABOUT, MutedBy, SeriesHistory};
use crate::links;
use askama::Template;
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_query::OneAlert;
use watchkeeper_rules::RuleSet;

/// Maximum number of other times shown.
const SHOWN_OTHERS: usize = 20;
/// Maximum length of a comment shown, in characters.
const SHOWN_CHARS: usize = 300;

/// The page at `/alerts/alert`.
#[derive(Template)]
#[template(path = "alert.html", whitespace = "minimize")]
pub(crate) struct AlertPage {
    shell: Shell,
    done: Option<Done>,
    may_act: bool,
    row: AlertRow,
    state: State,
    /// When it fires, in words; `None` if the rule is not configured any more.
    condition: Option<String>,
    rule_link: String,
    chart: Part<Option<AlertChart>>,
    /// What a point of the chart is.
    point: String,
    /// `None` if the rule is not configured any more.
    why: Part<Option<Vec<String>>>,
    acknowledged: Option<Acknowledged>,
    /// Whether that holds now.
    is_acknowledged: bool,
    muted: Part<Muted>,
    events: Part<Vec<Event>>,
    /// How many notifications were read, if there may be more.
    read: Option<String>,
    others: Listed<AlertRow>,
    form: SilenceForm,
    back: Back,
}

/// What the alert is, and since when.
enum State {
    Firing { since: Moment, lasted: String },
    Pending { since: Moment, fires: Moment },
    Cleared { fired: Moment, cleared: Moment, lasted: String },
}

struct Acknowledged {
    at: Moment,
    by: String,
    until: Option<Moment>,
    comment: String,
    /// Whether it holds now.
    holds: bool,
}

/// What mutes it now.
struct Muted {
    silences: Vec<SilenceRow>,
    inhibitor: Option<AlertRow>,
}

/// What the page was asked for.
pub(crate) struct AlertView {
    pub(crate) done: Option<Done>,
    pub(crate) may_act: bool,
    /// The name of the reader's token; empty without one.
    pub(crate) reader: String,
    /// The instant in the address; empty if there is none.
    pub(crate) fired_at: String,
}

impl AlertPage {
    /// The page at the instant `now`.
    pub(crate) fn new(
        shell: Shell,
        found: AlertFound,
        rules: &RuleSet,
        view: AlertView,
        now: Timestamp,
    ) -> Self {
        let AlertView { done, may_act, reader, fired_at } = view;
        let AlertFound { one, history, explanation, notifications, muted } = found;
        let OneAlert { alert, pending_since, others } = one;
        let rule = rules.rule(&alert.rule);
        let back = Back { rule: alert.rule.clone(), series: (*alert.series).clone(), fired_at };
        let matchers: Vec<_> = alert.matchers().iter().map(ToString::to_string).collect();
        let typed = Typed { matchers: matchers.join("\n"), by: reader, ..Typed::default() };
        Self {
            done,
            may_act,
            state: State::of(&alert, pending_since, now),
            condition: rule.map(watchkeeper_rules::Rule::when),
            rule_link: links::rule(&alert.rule),
            point: history
                .as_ref()
                .map(|history| point(history.resolution, "mean", None))
                .unwrap_or_default(),
            chart: history.map(|SeriesHistory { lines, span, .. }| {
                AlertChart::new(&lines, &alert, pending_since, rule, span)
            }),
            why: explanation.map(|explanation| {
                let mut series = explanation?.series;
                let at = series.iter().position(|one| one.series == (&*alert.series).into())?;
                Some(series.swap_remove(at).why)
            }),
            acknowledged: Acknowledged::of(&alert, now),
            is_acknowledged: alert.acknowledgement(now).is_some(),
            muted: muted.map(|muted| Muted::new(&muted, now)),
            read: notifications.as_ref().is_ok_and(|made| made.more).then(|| count(MAX_NOTIFICATIONS_ABOUT)),
            events: notifications.map(|made| events(&made.newest, now)),
            others: Listed::first(others.iter(), SHOWN_OTHERS, |other| AlertRow::new(other, now)),
            form: SilenceForm::new(typed, Some(back.clone())),
            row: AlertRow::new(&alert, now),
            back,
            shell,
        }
    }
}

impl State {
    fn of(alert: &Alert, pending_since: Option<Timestamp>, now: Timestamp) -> Self {
        let lasted = |end: Timestamp| duration(end.since(alert.fired_at).as_secs_f64());
        match (pending_since, alert.cleared_at) {
            (Some(since), _) => {
                Self::Pending { since: Moment::ago(since, now), fires: Moment::clock(alert.fired_at, now) }
            }
            (None, None) => Self::Firing { since: Moment::clock(alert.fired_at, now), lasted: lasted(now) },
            (None, Some(cleared_at)) => Self::Cleared {
                fired: Moment::clock(alert.fired_at, now),
                cleared: Moment::clock(cleared_at, now),
                lasted: lasted(cleared_at),
            },
        }
    }
}

impl Acknowledged {
    fn of(alert: &Alert, now: Timestamp) -> Option<Self> {
        let ack = alert.acknowledged.as_ref()?;
        Some(Self {
            at: Moment::clock(ack.at, now),
            by: cut(&ack.by, SHOWN_BY_CHARS),
            until: ack.until.map(|until| Moment::clock(until, now)),
            comment: cut(&ack.comment, SHOWN_CHARS),
            holds: alert.acknowledgement(now).is_some(),
        })
    }
}

impl Muted {
    fn new(MutedBy { silences, inhibitor }: &MutedBy, now: Timestamp) -> Self {
        let row = |(place, silence)| SilenceRow::new(place, silence, now);
        Self {
            silences: silences.iter().enumerate().map(row).collect(),
            inhibitor: inhibitor.as_ref().map(|alert| AlertRow::present(alert, now)),
        }
    }
}
