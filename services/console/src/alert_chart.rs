//! The chart of a series around an alert: with the limits of the rule as lines, and when it fired and cleared as marks.

use crate::chart::{FRAME, Level, Time, levels, percent, times, with_room};
use crate::explore::Span;
use crate::format::Shown;
use crate::gather::Lines;
use crate::sparkline::{Axes, extremes};
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_rules::{Condition, Rule};

/// A mark closer to an edge than this share of the width has its text on the other side.
const EDGE: f64 = 0.85;

pub(crate) struct AlertChart {
    /// The `d` of an SVG path: the mean.
    pub(crate) line: String,
    /// The same of minimum to maximum.
    pub(crate) band: String,
    pub(crate) levels: Vec<Level>,
    pub(crate) times: Vec<Time>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) marks: Vec<Mark>,
    /// While it fired.
    pub(crate) fired: Option<Stretch>,
    /// The text alternative of the chart.
    pub(crate) title: String,
}

/// A limit of the rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Limit {
    /// Pixels from the top.
    pub(crate) y: String,
    pub(crate) text: String,
}

/// An instant of the alert.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark {
    /// Percent of the width from the left.
    pub(crate) x: String,
    pub(crate) text: &'static str,
    /// Whether the text is on the left of the mark, for want of room.
    pub(crate) is_left: bool,
}

/// A part of the width, in percent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stretch {
    pub(crate) x: String,
    pub(crate) width: String,
}

impl AlertChart {
    /// The chart of `lines` within `span`; `None` if there are no points.
    pub(crate) fn new(
        lines: &Lines,
        alert: &Alert,
        pending_since: Option<Timestamp>,
        rule: Option<&Rule>,
        span: Span,
    ) -> Option<Self> {
        let (min, ..) = extremes(&lines.smallest)?;
        let (.., max) = extremes(&lines.largest)?;
        let limits = rule.map(limits_of).unwrap_or_default();
        let low = limits.iter().map(|limit| limit.0).fold(min, f64::min);
        let high = limits.iter().map(|limit| limit.0).fold(max, f64::max);
        let (low, high) = with_room(low, high);
        let axes = Axes { from: span.from, to: span.to, min: low, max: high };
        let unit = alert.series.unit();
        let [least, most] = [min, max].map(|value| Shown::new(value, unit).text);
        let limit_texts: Vec<_> =
            limits.iter().map(|(value, name)| format!("{name} {}", Shown::new(*value, unit).text)).collect();
        let least_and_most = format!("Around the alert: min {least}, max {most}");
        let title = [&[least_and_most][..], &limit_texts].concat().join(", ");
        let limits = limits
            .iter()
            .zip(limit_texts)
            .map(|((value, _), text)| Limit { y: format!("{:.1}", FRAME.y(*value, &axes)), text });
        Some(Self {
            line: FRAME.line(&lines.mean, &axes),
            band: FRAME.band(&lines.smallest, &lines.largest, &axes),
            levels: levels(&axes, unit),
            times: times(span),
            limits: limits.collect(),
            marks: marks(alert, pending_since, &axes),
            fired: pending_since.is_none().then(|| stretch(alert, &axes)),
            title,
        })
    }
}

/// The limits that are in the unit of the series, with their names.
fn limits_of(rule: &Rule) -> Vec<(f64, &'static str)> {
    let Condition::Threshold(threshold) = &rule.condition else { return Vec::new() };
    let name = if threshold.is_above { "fires above" } else { "fires below" };
    let limit = (threshold.limit, name);
    if (threshold.clear_at - threshold.limit).abs() > 0.0 {
        vec![limit, (threshold.clear_at, "clears at")]
    } else {
        vec![limit]
    }
}

fn share(at: Timestamp, axes: &Axes) -> f64 {
    FRAME.x(at, axes) / FRAME.width
}

fn marks(alert: &Alert, pending_since: Option<Timestamp>, axes: &Axes) -> Vec<Mark> {
    let fired_at = pending_since.is_none().then_some(alert.fired_at);
    let instants = [
        (pending_since, "pending"),
        (fired_at, "fired"),
        (alert.acknowledged.as_ref().map(|ack| ack.at), "acknowledged"),
        (alert.cleared_at, "cleared"),
    ];
    let within = |at: &Timestamp| (axes.from..=axes.to).contains(at);
    let mark = |(at, text): (Option<Timestamp>, _)| {
        let share = share(at.filter(within)?, axes);
        Some(Mark { x: percent(share), text, is_left: share > EDGE })
    };
    instants.into_iter().filter_map(mark).collect()
}

fn stretch(alert: &Alert, axes: &Axes) -> Stretch {
    let from = share(alert.fired_at, axes);
    let to = share(alert.cleared_at.unwrap_or(axes.to), axes);
    Stretch { x: percent(from), width: percent((to - from).max(0.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::around;
    use std::sync::Arc;
    use std::time::Duration;
    use watchkeeper_config::{Document, Section};
    use watchkeeper_domain::{Acknowledgement, Point, Series, Severity};
    use watchkeeper_rules::{Routing, RuleSet};

    fn now() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn ago(minutes: u64) -> Timestamp {
        now().minus(Duration::from_secs(60 * minutes))
    }

    fn alert(cleared_at: Option<Timestamp>) -> Alert {
        Alert {
            rule: "down".into(),
            series: Arc::new(Series::new("uptime", "availability", "percent", &[]).unwrap()),
            severity: Severity::Critical,
            fired_at: ago(60),
            cleared_at,
            value: Some(0.0),
            reason: String::new(),
            acknowledged: Some(Acknowledgement {
                at: ago(55),
                by: "ann".into(),
                comment: String::new(),
                until: None,
            }),
        }
    }

    fn chart(alert: &Alert, pending_since: Option<Timestamp>, threshold: &str) -> AlertChart {
        let text = format!("[[rule]]\nname = \"down\"\nmatch = ['source=\"uptime\"']\n{threshold}");
        let read = |root: &mut Section<'_>| RuleSet::read(root, &Routing::default(), &[]);
        let rules = Document::parse("test.toml", &text).unwrap().read(read).unwrap();
        let points: Vec<_> = (0..120)
            .map(|minute| Point { at: ago(120 - minute), value: if minute < 55 { 100.0 } else { 0.0 } })
            .collect();
        let lines = Lines { mean: points.clone(), smallest: points.clone(), largest: points };
        let span = around(alert, pending_since, now());
        AlertChart::new(&lines, alert, pending_since, rules.rules().first(), span).unwrap()
    }

    #[test]
    fn the_limits_of_the_rule_are_lines_within_the_chart() {
        let both = chart(&alert(None), None, "threshold = { below = 50, clear_at = 60 }");
        let texts: Vec<_> = both.limits.iter().map(|limit| limit.text.as_str()).collect();
        assert_eq!(texts, ["fires below 50.0 %", "clears at 60.0 %"]);
        assert_eq!(
            both.title,
            "Around the alert: min 0.0 %, max 100.0 %, fires below 50.0 %, clears at 60.0 %"
        );
        // Far from the values: the axis reaches to it.
        let far = chart(&alert(None), None, "threshold = { above = 500 }");
        let y: f64 = far.limits[0].y.parse().unwrap();
        assert!((1.0..100.0).contains(&y), "{y}");
        assert!(chart(&alert(None), None, "absence = { after = \"5m\" }").limits.is_empty());
    }

    #[test]
    fn what_happened_to_the_alert_is_marked_and_while_it_fired_is_one_stretch() {
        let texts =
            |chart: &AlertChart| chart.marks.iter().map(|mark| (mark.text, mark.is_left)).collect::<Vec<_>>();
        let fires = chart(&alert(None), None, "threshold = { below = 50 }");
        assert_eq!(texts(&fires), [("fired", false), ("acknowledged", false)]);
        assert_eq!(fires.fired, Some(Stretch { x: "50.00".into(), width: "50.00".into() }));
        let cleared = chart(&alert(Some(ago(1))), None, "threshold = { below = 50 }");
        assert_eq!(texts(&cleared), [("fired", false), ("acknowledged", false), ("cleared", true)]);
        let pending = Alert { acknowledged: None, ..alert(None) };
        let pending = chart(&pending, Some(ago(2)), "threshold = { below = 50 }");
        assert_eq!((texts(&pending), pending.fired), (vec![("pending", true)], None));
    }
}
