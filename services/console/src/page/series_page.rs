//! The series page.

use super::Part;
use super::explore_page::point;
use super::moment::Moment;
use super::panel::Panel;
use super::range_choice::RangeChoice;
use super::series_alerts::SeriesAlerts;
use super::shell::Shell;
use crate::chart::{Chart, Limit, Turn};
use crate::explore::{Question, Range};
use crate::format::{Shown, count};
use crate::gather::{Alerts, OneSeries, SeriesHistory, Summary};
use crate::links;
use askama::Template;
use watchkeeper_domain::{Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_rules::{Condition, Rule, RuleSet};

/// Most limits of rules in a chart.
const SHOWN_LIMITS: usize = 4;
/// Most moments in a chart at which alerts fired or cleared.
const SHOWN_TURNS: usize = 50;

/// The page at `/series`.
#[derive(Template)]
#[template(path = "series.html", whitespace = "minimize")]
pub(crate) struct SeriesPage {
    shell: Shell,
    key: String,
    source: String,
    name: String,
    unit: String,
    labels: Vec<(String, String)>,
    latest: Part<Option<LatestText>>,
    /// The time of the newest sample, if it is in the future; the page says what else is not shown.
    future_until: Option<Timestamp>,
    range: RangeChoice,
    /// The range in words.
    over: String,
    drawn: Part<DrawnSeries>,
    alerts: Part<SeriesAlerts>,
    /// This series on the page that explores, as it is and as a rate.
    explore: String,
    rate: String,
    stream: String,
}

/// The chart and the figures.
pub(super) struct DrawnSeries {
    /// `None` without samples.
    pub(super) panel: Option<Panel>,
    /// What a point is.
    pub(super) point: String,
    pub(super) figures: Option<Vec<(&'static str, String)>>,
    /// The URL of the same data as JSON.
    pub(super) json: String,
}

struct LatestText {
    value: f64,
    shown: Shown,
    collected: Moment,
    /// Empty if there is none.
    note: String,
}

impl SeriesPage {
    /// The page at the instant `now`.
    pub(crate) fn new(
        shell: Shell,
        series: &Series,
        range: Range,
        found: OneSeries,
        rules: &RuleSet,
        now: Timestamp,
    ) -> Self {
        let (over, address) = (range.title(), format!("http://{}", shell.address));
        let alerts = found.alerts.as_ref().ok();
        let drawn = found
            .history
            .map(|history| DrawnSeries::new(series, range, &history, rules, alerts, (&over, &address)));
        let explored = Question { picked: vec![series.clone()], range, ..Question::default() };
        let rate = Question { function: crate::explore::Function::Rate, ..explored.clone() };
        let link = |range| links::series_over(series, range);
        Self {
            key: series.key().to_owned(),
            source: series.source().to_owned(),
            name: series.name().to_owned(),
            unit: series.unit().to_owned(),
            labels: series.labels().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            latest: found.latest.map(|latest| latest.map(|sample| LatestText::new(&sample, now))),
            future_until: found.future_until.ok().flatten(),
            range: RangeChoice::new("/series", links::series_parameters(series), range, link),
            over,
            drawn,
            alerts: found.alerts.map(|alerts| SeriesAlerts::new(&alerts, rules, series, now)),
            explore: explored.link("/explore"),
            rate: rate.link("/explore"),
            stream: links::stream(&SeriesFilter::with_labels_of(series)),
            shell,
        }
    }
}

impl DrawnSeries {
    pub(super) fn new(
        series: &Series,
        range: Range,
        history: &SeriesHistory,
        rules: &RuleSet,
        alerts: Option<&Alerts>,
        (title, address): (&str, &str),
    ) -> Self {
        let SeriesHistory { span, resolution, lines, summary } = history;
        let (limits, turns) = (limits(rules, series), turns(alerts, series));
        let chart = Chart::of_series(series, lines, resolution.step, *span, &limits, &turns, title);
        let samples = summary.map(|summary| {
            #[expect(clippy::cast_precision_loss, reason = "a line has at most thousands of points")]
            let points = lines.mean.len().max(1) as f64;
            summary.count / points
        });
        Self {
            panel: chart.map(|chart| Panel::of_series(chart, series, &lines.mean, *resolution)),
            point: point(*resolution, "mean", samples),
            figures: summary.map(|summary| figures(&summary, series.unit(), resolution.remark())),
            json: format!("{address}{}", links::history(series, range, *resolution)),
        }
    }
}

/// The limits of the rules that compare samples of `series` with one.
fn limits(rules: &RuleSet, series: &Series) -> Vec<Limit> {
    let limit = |rule: &Rule| match &rule.condition {
        Condition::Threshold(threshold) => {
            Some(Limit { value: threshold.limit, text: format!("{} {}", rule.name, threshold) })
        }
        _ => None,
    };
    let matching = rules.rules().iter().filter(|rule| rule.matches(series));
    matching.filter_map(limit).take(SHOWN_LIMITS).collect()
}

/// When alerts for `series` fired and cleared.
fn turns(alerts: Option<&Alerts>, series: &Series) -> Vec<Turn> {
    let of_series = alerts.into_iter().flat_map(|alerts| alerts.for_series(series));
    let turns = of_series.flat_map(|alert| {
        let turn = |at, has_fired| Turn { at, has_fired, rule: alert.rule.clone() };
        [Some(turn(alert.fired_at, true)), alert.cleared_at.map(|at| turn(at, false))].into_iter().flatten()
    });
    turns.take(SHOWN_TURNS).collect()
}

impl LatestText {
    fn new(sample: &Sample, now: Timestamp) -> Self {
        Self {
            value: sample.value,
            shown: Shown::new(sample.value, sample.series.unit()),
            collected: Moment::ago(sample.collected_at, now),
            note: sample.note.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

fn figures(summary: &Summary, unit: &str, rollups: Option<&str>) -> Vec<(&'static str, String)> {
    let shown = |value| Shown::new(value, unit).text;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count is a whole number and not negative"
    )]
    let samples = summary.count as u64;
    let mut figures = vec![("Minimum", shown(summary.min)), ("Average", shown(summary.avg))];
    // Percentiles of rollups cannot be put together.
    if rollups.is_none() {
        figures.push(("95th percentile", summary.p95.map_or_else(|| "too many values".to_owned(), shown)));
    }
    figures.extend([("Maximum", shown(summary.max)), ("Samples", count(samples))]);
    figures
}
