//! The time line of the last week: one row per rule.

use crate::format::{count, duration};
use crate::gather::{MAX_PAST, WEEK};
use crate::links;
use std::collections::BTreeMap;
use std::time::Duration;
use watchkeeper_domain::{Alert, Severity, Silence, Timestamp};

/// Maximum number of rules shown, by name.
const SHOWN_RULES: usize = 40;
/// Maximum number of bars: of more alerts, those that fire and the last to clear are drawn.
const MAX_BARS: usize = 300;
/// The width of the time line, in units of its bars: thousandths of a percent would be as fine.
const WIDTH: f64 = 100.0;
/// The least width of a bar, so that it can be seen and clicked.
const LEAST: f64 = 0.4;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How near its end a day begins whose text has no room behind it: a tenth of a week.
const NEAR_THE_END: Duration = Duration::from_secs(16 * 60 * 60);

pub(super) struct WeekPart {
    pub(super) rows: Vec<WeekRow>,
    pub(super) days: Vec<Day>,
    /// The number of rules not shown, if any.
    pub(super) more_rules: Option<String>,
    /// How many alerts are drawn, if not all are.
    pub(super) drawn: Option<String>,
}

pub(super) struct WeekRow {
    pub(super) rule: String,
    pub(super) link: String,
    /// How often and how long it fired, in words.
    pub(super) summary: String,
    pub(super) bars: Vec<Bar>,
}

/// One alert, in percent of the width.
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) width: String,
    pub(super) severity: Severity,
    pub(super) link: String,
    /// What it is, in words.
    pub(super) label: String,
    /// While it was silenced: left edge and width.
    pub(super) silenced: Vec<(String, String)>,
    /// When it was acknowledged.
    pub(super) acknowledged: Option<String>,
}

/// Midnight (UTC).
pub(super) struct Day {
    pub(super) x: String,
    /// Whether its text stands before it: behind it, it would reach out of the page.
    pub(super) is_last: bool,
    pub(super) text: String,
}

impl WeekPart {
    /// Of firing alerts and those that have cleared, the last first.
    pub(super) fn new(firing: &[Alert], cleared: &[Alert], silences: &[Silence], now: Timestamp) -> Self {
        let axis = Axis { from: now.minus(WEEK), to: now };
        let all = firing.len() + cleared.len().min(MAX_PAST);
        let mut rules: BTreeMap<&str, Vec<&Alert>> = BTreeMap::new();
        for alert in firing.iter().chain(cleared).take(MAX_BARS) {
            rules.entry(&alert.rule).or_default().push(alert);
        }
        let more_rules = rules.len().saturating_sub(SHOWN_RULES);
        let is_cut = all > MAX_BARS || cleared.len() > MAX_PAST;
        let rows = rules.into_iter().take(SHOWN_RULES);
        Self {
            rows: rows.map(|(rule, alerts)| WeekRow::new(rule, alerts, silences, &axis)).collect(),
            days: axis.days(),
            more_rules: (more_rules > 0).then(|| count(more_rules)),
            drawn: is_cut.then(|| count(MAX_BARS)),
        }
    }
}

impl WeekRow {
    fn new(rule: &str, mut alerts: Vec<&Alert>, silences: &[Silence], axis: &Axis) -> Self {
        alerts.sort_by_key(|alert| alert.fired_at);
        let length = |alert: &&Alert| axis.length(alert.fired_at, alert.cleared_at.unwrap_or(axis.to));
        let longest: Duration = alerts.iter().map(length).sum();
        let fires = if alerts.iter().any(|alert| alert.is_firing()) { ", firing now" } else { "" };
        let times = match alerts.len() {
            1 => "1 alert".to_owned(),
            many => format!("{} alerts", count(many)),
        };
        Self {
            rule: rule.to_owned(),
            link: links::rule(rule),
            summary: format!("{times}, {}{fires}", duration(longest.as_secs_f64())),
            bars: alerts.into_iter().map(|alert| Bar::new(alert, silences, axis)).collect(),
        }
    }
}

impl Bar {
    fn new(alert: &Alert, silences: &[Silence], axis: &Axis) -> Self {
        let end = alert.cleared_at.unwrap_or(axis.to);
        let (x, width) = axis.stretch(alert.fired_at, end);
        let matching = silences.iter().filter(|silence| silence.matchers.hold(|field| alert.field(field)));
        let overlaps = matching.filter_map(|silence| {
            let (from, to) = (silence.starts_at.max(alert.fired_at), silence.ends_at.min(end));
            (from < to).then(|| axis.stretch(from, to))
        });
        let lasted = duration(end.since(alert.fired_at).as_secs_f64());
        let state = if alert.is_firing() { "firing for" } else { "fired for" };
        Self {
            severity: alert.severity,
            link: links::alert(&alert.rule, &alert.series, Some(alert.fired_at)),
            label: format!(
                "{} for {}, {state} {lasted} from {}",
                alert.rule,
                alert.series,
                short(alert.fired_at)
            ),
            silenced: overlaps.map(|(x, width)| (percent(x), percent(width))).collect(),
            acknowledged: alert.acknowledged.as_ref().map(|ack| percent(axis.x(ack.at))),
            x: percent(x),
            width: percent(width),
        }
    }
}

/// `2026-11-20 10:00 UTC`
fn short(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} {} UTC", text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default())
}

fn percent(share: f64) -> String {
    format!("{share:.2}%")
}

struct Axis {
    from: Timestamp,
    to: Timestamp,
}

impl Axis {
    /// In percent.
    fn x(&self, at: Timestamp) -> f64 {
        let share = at.since(self.from).as_secs_f64() / self.to.since(self.from).as_secs_f64();
        share.clamp(0.0, 1.0) * WIDTH
    }

    /// Left edge and width in percent.
    fn stretch(&self, from: Timestamp, to: Timestamp) -> (f64, f64) {
        let (left, right) = (self.x(from), self.x(to));
        let width = (right - left).max(LEAST);
        (left.min(WIDTH - width), width)
    }

    /// How much of it is on the axis.
    fn length(&self, from: Timestamp, to: Timestamp) -> Duration {
        to.min(self.to).since(from.max(self.from))
    }

    fn days(&self) -> Vec<Day> {
        let mut days = Vec::new();
        let mut at = self.from.window_start(DAY).plus(DAY);
        while at < self.to {
            let text = at.to_string().get(5..10).unwrap_or_default().to_owned();
            let is_last = self.to.since(at) < NEAR_THE_END;
            days.push(Day { x: percent(self.x(at)), text, is_last });
            at = at.plus(DAY);
        }
        days
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchkeeper_domain::{Acknowledgement, Matchers, Series};

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn ago(hours: u64) -> Timestamp {
        now().minus(Duration::from_secs(hours * 3_600))
    }

    fn alert(rule: &str, fired: u64, cleared: Option<u64>) -> Alert {
        Alert {
            rule: rule.into(),
            series: Arc::new(Series::new("uptime", "availability", "", &[("target", "shop")]).unwrap()),
            severity: Severity::Critical,
            fired_at: ago(fired),
            cleared_at: cleared.map(ago),
            value: None,
            reason: String::new(),
            acknowledged: None,
        }
    }

    fn silence(starts: u64, ends: u64, matcher: &str) -> Silence {
        Silence {
            id: "1".into(),
            matchers: Matchers::new(vec![matcher.parse().unwrap()]).unwrap(),
            starts_at: ago(starts),
            ends_at: ago(ends),
            created_by: String::new(),
            comment: String::new(),
        }
    }

    #[test]
    fn each_rule_has_a_row_and_each_alert_a_bar_where_it_fired() {
        let acknowledged =
            Acknowledgement { at: ago(21), by: "ann".into(), comment: String::new(), until: None };
        let firing = [Alert { acknowledged: Some(acknowledged), ..alert("down", 42, None) }];
        let cleared = [alert("slow", 84, Some(42)), alert("down", 200, Some(126))];
        let week = WeekPart::new(&firing, &cleared, &[], now());
        let rows: Vec<_> = week.rows.iter().map(|row| (row.rule.as_str(), row.summary.as_str())).collect();
        assert_eq!(rows, [("down", "2 alerts, 3 d 12 h, firing now"), ("slow", "1 alert, 1 d 18 h")]);
        let bars: Vec<_> = week.rows[0].bars.iter().map(|bar| (bar.x.as_str(), bar.width.as_str())).collect();
        assert_eq!(bars, [("0.00%", "25.00%"), ("75.00%", "25.00%")], "only what is of the last week");
        assert_eq!(week.rows[0].bars[1].acknowledged.as_deref(), Some("87.50%"));
        assert_eq!(week.days.len(), 7);
        assert_eq!((week.days[0].text.as_str(), week.days[0].x.as_str()), ("11-14", "7.14%"));
    }

    #[test]
    fn the_text_of_a_day_that_has_just_begun_stands_before_it() {
        let last = |at: &str| {
            let week = WeekPart::new(&[], &[], &[], at.parse().unwrap());
            week.days.iter().map(|day| day.is_last).collect::<Vec<_>>()
        };
        assert_eq!(last("2026-11-20T02:00:00Z"), [false, false, false, false, false, false, true]);
        assert_eq!(last("2026-11-20T20:00:00Z"), [false; 7]);
    }

    #[test]
    fn while_it_was_silenced_is_marked() {
        let silences = [silence(84, 21, "target=shop"), silence(84, 21, "target=blog")];
        let week = WeekPart::new(&[alert("down", 42, None)], &[], &silences, now());
        assert_eq!(week.rows[0].bars[0].silenced, [("75.00%".to_owned(), "12.50%".to_owned())]);
    }

    #[test]
    fn a_short_alert_can_be_seen_at_either_edge() {
        let cleared = [alert("a", 168, Some(168)), alert("a", 0, Some(0))];
        let week = WeekPart::new(&[], &cleared, &[], now());
        let bars: Vec<_> = week.rows[0].bars.iter().map(|bar| (bar.x.as_str(), bar.width.as_str())).collect();
        assert_eq!(bars, [("0.00%", "0.40%"), ("99.60%", "0.40%")]);
    }

    #[test]
    fn bars_and_rows_are_few_and_it_says_so() {
        let many: Vec<_> = (0..=MAX_BARS).map(|_| alert("a", 5, Some(4))).collect();
        let week = WeekPart::new(&[], &many, &[], now());
        assert_eq!((week.rows[0].bars.len(), week.drawn.as_deref()), (MAX_BARS, Some("300")));
        assert_eq!(WeekPart::new(&[], &many[1..], &[], now()).drawn, None);
        let rules: Vec<_> = (0..=SHOWN_RULES).map(|rule| alert(&format!("r{rule}"), 5, None)).collect();
        let week = WeekPart::new(&rules, &[], &[], now());
        assert_eq!((week.rows.len(), week.more_rules.as_deref()), (SHOWN_RULES, Some("1")));
    }
}
