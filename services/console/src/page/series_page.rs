//! The series page.

use super::Part;
use super::moment::Moment;
use super::series_alerts::SeriesAlerts;
use super::shell::Shell;
use crate::chart::Chart;
use crate::format::{Shown, count};
use crate::gather::{OneSeries, Summary};
use crate::links;
use crate::lookback::Lookback;
use askama::Template;
use watchkeeper_domain::{Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_rules::RuleSet;

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
    choices: Vec<Choice>,
    over: &'static str,
    step: &'static str,
    chart: Part<Option<Chart>>,
    figures: Part<Option<Vec<(&'static str, String)>>>,
    alerts: Part<SeriesAlerts>,
    /// The URL of the same data as JSON.
    range: String,
    stream: String,
}

struct LatestText {
    value: f64,
    shown: Shown,
    collected: Moment,
    /// Empty if there is none.
    note: String,
}

/// A lookback to choose.
struct Choice {
    name: &'static str,
    link: String,
    is_current: bool,
}

impl SeriesPage {
    /// The page at the instant `now`.
    pub(crate) fn new(
        shell: Shell,
        series: &Series,
        lookback: Lookback,
        found: OneSeries,
        rules: &RuleSet,
        now: Timestamp,
    ) -> Self {
        let choice = |over: Lookback| Choice {
            name: over.title(),
            link: links::series_over(series, over),
            is_current: over == lookback,
        };
        Self {
            key: series.key().to_owned(),
            source: series.source().to_owned(),
            name: series.name().to_owned(),
            unit: series.unit().to_owned(),
            labels: series.labels().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            latest: found.latest.map(|latest| latest.map(|sample| LatestText::new(&sample, now))),
            future_until: found.future_until.ok().flatten(),
            choices: Lookback::ALL.map(choice).into(),
            over: lookback.title(),
            step: lookback.step_title(),
            chart: found.lines.map(|lines| Chart::new(&lines, series.unit(), lookback, now)),
            figures: found.summary.map(|summary| summary.map(|summary| figures(&summary, series.unit()))),
            alerts: found.alerts.map(|alerts| SeriesAlerts::new(&alerts, rules, series, now)),
            range: format!("http://{}{}", shell.address, links::range(series, lookback)),
            stream: links::stream(&SeriesFilter::with_labels_of(series)),
            shell,
        }
    }
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

fn figures(summary: &Summary, unit: &str) -> Vec<(&'static str, String)> {
    let shown = |value| Shown::new(value, unit).text;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count is a whole number and not negative"
    )]
    let samples = summary.count as u64;
    vec![
        ("Minimum", shown(summary.min)),
        ("Average", shown(summary.avg)),
        ("95th percentile", summary.p95.map_or_else(|| "too many values".to_owned(), shown)),
        ("Maximum", shown(summary.max)),
        ("Samples", count(samples)),
    ]
}
