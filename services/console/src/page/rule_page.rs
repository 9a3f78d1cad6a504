//! The page that explains a rule.

use super::series_name::SeriesName;
use super::shell::Shell;
use crate::links;
use askama::Template;
use watchkeeper_domain::Series;
use watchkeeper_query::NoAnswer;
use watchkeeper_wire::json::{RuleExplanation, RuleJson, SeriesExplanation, SeriesJson, SilenceJson};

/// The page at `/alerts/rule`.
#[derive(Template)]
#[template(path = "rule.html", whitespace = "minimize")]
pub(crate) struct RulePage {
    shell: Shell,
    name: String,
    explained: Result<Explained, NoAnswer>,
}

struct Explained {
    rule: RuleJson,
    series: Vec<ExplainedSeries>,
    /// The maximum number of series, if there are or may be more.
    limit: Option<usize>,
}

/// Why the rule fires or does not fire for one series.
struct ExplainedSeries {
    name: SeriesName,
    /// The page of the alert, if it fires.
    alert: Option<String>,
    why: Vec<String>,
    silences: Vec<SilenceJson>,
    /// The rule of the alert that inhibits it, and the page of that alert.
    inhibited_by: Option<(String, Option<String>)>,
}

impl RulePage {
    pub(crate) fn new(shell: Shell, name: String, explanation: Result<RuleExplanation, NoAnswer>) -> Self {
        let explained = explanation.map(|RuleExplanation { rule, series, series_limit }| Explained {
            series: series.into_iter().filter_map(|one| ExplainedSeries::new(&rule.name, one)).collect(),
            limit: series_limit,
            rule,
        });
        Self { shell, name, explained }
    }
}

impl ExplainedSeries {
    fn new(rule: &str, explained: SeriesExplanation) -> Option<Self> {
        let SeriesExplanation { series, fires, why, silences, inhibited_by } = explained;
        let series = series_of(&series)?;
        let inhibited_by = inhibited_by.map(|by| {
            let link = series_of(&by.series).map(|series| links::alert(&by.rule, &series, None));
            (by.rule, link)
        });
        Some(Self {
            alert: fires.then(|| links::alert(rule, &series, None)),
            name: SeriesName::new(&series),
            why,
            silences,
            inhibited_by,
        })
    }
}

/// `None` never: it was made from a series.
fn series_of(json: &SeriesJson) -> Option<Series> {
    let labels: Vec<_> = json.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Series::new(&json.source, &json.name, &json.unit, &labels).ok()
}
