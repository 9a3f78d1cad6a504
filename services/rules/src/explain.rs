//! Explains why a rule fires or does not fire for a series.

use crate::condition::{Condition, Heartbeat, series_of_letters};
use crate::phase::Phase;
use crate::rule::Rule;
use crate::standing::Standing;
use crate::words::{amount, time};
use std::fmt;
use std::time::Duration;
use watchkeeper_domain::{Alert, Sample, Series, Timestamp};
use watchkeeper_ports::{Topic, TopicPartition};

/// An explanation in plain words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The lines, without line ends.
    pub lines: Vec<String>,
}

/// One line each.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Explains why `rule` fires or does not fire for `series` at `now`, from the stored evaluator state, the latest
/// sample and the alert.
pub fn explain(
    rule: &Rule,
    series: &Series,
    memory: Option<&[u8]>,
    latest: Option<&Sample>,
    alert: Option<&Alert>,
    now: Timestamp,
) -> Explanation {
    let mut lines = vec![format!("the rule fires when {}", rule.when())];
    match mismatches(rule, series) {
        wrong if wrong.is_empty() => {
            lines.push(format!("it selects this series: {}", matching(rule)));
            lines.extend(standing(rule, series, Standing::of(rule, memory, latest), alert, now));
        }
        wrong => lines.extend(wrong),
    }
    if let Some((alert, cleared_at)) = alert.and_then(|alert| Some((alert, alert.cleared_at?))) {
        lines.push(format!("it last fired from {} to {cleared_at}: {}", alert.fired_at, alert.reason));
    }
    Explanation { lines }
}

/// Why the rule does not select the series; empty if it does.
pub(crate) fn mismatches(rule: &Rule, series: &Series) -> Vec<String> {
    if let Condition::DeadLetters(letters) = &rule.condition {
        let topic = Topic::named(letters.topic.clone()).dead_letters();
        let of_partition = |partition| series_of_letters(&TopicPartition::new(topic.clone(), partition));
        let partition = series.label("partition").and_then(|partition| partition.parse().ok());
        return match partition.and_then(of_partition) {
            Some(own) if own == *series => Vec::new(),
            _ => vec![format!("it selects the dead letters of topic {}, not this series", letters.topic)],
        };
    }
    let value = |field: &str| series.field(field);
    let wrong =
        rule.matchers.iter().filter(|matcher| !matcher.holds(value(matcher.field()).unwrap_or_default()));
    let reason = |field: &str| match value(field) {
        Some(value) => format!("{field} is {value:?}"),
        None => format!("the series has no {field}"),
    };
    wrong
        .map(|matcher| {
            format!("it does not select this series: {matcher} does not hold, {}", reason(matcher.field()))
        })
        .collect()
}

fn matching(rule: &Rule) -> String {
    match &rule.condition {
        Condition::DeadLetters(letters) => format!("the dead letters of topic {}", letters.topic),
        _ if rule.matchers.iter().len() == 1 => format!("{} holds", rule.matchers),
        _ => format!("{} hold", rule.matchers),
    }
}

/// Reports are no measurements: the state tells more than the value of the last one.
fn of_heartbeat(heartbeat: &Heartbeat, standing: &Standing, alert: Option<&Alert>) -> Vec<String> {
    let Standing { phase, past, latest, note } = standing;
    let why = heartbeat.reason(past, phase.holds(), *latest, note.as_ref());
    if let Phase::Firing { since } = phase {
        let reason = alert.filter(|alert| alert.is_firing()).map_or(&why, |alert| &alert.reason);
        return vec![
            format!("it has been firing since {since}: {reason}"),
            "it clears when the job reports that it has run".to_owned(),
        ];
    }
    let due = heartbeat
        .due(past)
        .map(|at| at.window_start(Duration::from_secs(1)))
        .map(|at| format!("without another report it fires at {at}"));
    [format!("it does not fire: {why}")].into_iter().chain(due).collect()
}

fn standing(
    rule: &Rule,
    series: &Series,
    standing: Option<Standing>,
    alert: Option<&Alert>,
    now: Timestamp,
) -> Vec<String> {
    let Some(standing) = standing else {
        return vec!["it does not fire: this series has no samples yet".to_owned()];
    };
    if let Condition::Heartbeat(heartbeat) = &rule.condition {
        return of_heartbeat(heartbeat, &standing, alert);
    }
    let latest = standing.latest;
    let ago = Duration::from_secs(now.since(latest.at).as_secs());
    let value = amount(latest.value, series.unit());
    let note = standing.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    let mut lines = vec![format!("last evaluated sample: {value} at {}, {} ago{note}", latest.at, time(ago))];
    let why = standing.why(rule, series.unit());
    match standing.phase {
        Phase::Firing { since } => {
            let reason = alert.filter(|alert| alert.is_firing()).map_or(&why, |alert| &alert.reason);
            lines.push(format!("it has been firing since {since}: {reason}"));
            lines.push(format!("it clears when {}", rule.condition.clears_when(latest)));
        }
        Phase::Pending { since } => {
            let fires_at = since.plus(rule.hold);
            lines.push(format!("it has been pending since {since}: {why}"));
            lines.push(if rule.is_confirmed(standing.phase, latest) {
                format!("it fires at {fires_at} unless that changes")
            } else {
                format!("it fires at {fires_at}, or later with the next sample, unless that changes")
            });
        }
        Phase::Resting if standing.holds(rule) => {
            lines.push(format!("the latest sample is not evaluated yet: {why}"));
        }
        Phase::Resting => {
            lines.push(format!("it does not fire: {why}"));
            let turns_at = rule.condition.turns_at(&standing.past, false, latest);
            lines.extend(
                turns_at.map(|at| format!("without another sample it fires at {}", at.plus(rule.hold))),
            );
        }
    }
    lines
}
