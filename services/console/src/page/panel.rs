//! A chart with its legend.

use crate::chart::{Chart, Values, style_of};
use crate::explore::Resolution;
use crate::format::{Scale, Shown, cut};
use crate::gather::{Drawing, Line, LineName};
use crate::links;
use crate::sparkline::{extremes, usual_distance};
use std::collections::BTreeSet;
use std::time::Duration;
use watchkeeper_domain::{Point, Series};

/// Maximum length of a label value in a legend, in characters.
const SHOWN_VALUE_CHARS: usize = 60;
/// A value is shown under the pointer for this many times the usual distance of the points.
const HOLD_FACTOR: f64 = 2.5;

/// The lines of one unit.
pub(super) struct Panel {
    pub(super) chart: Chart,
    pub(super) rows: Vec<LineRow>,
    /// How the script shows the values under the pointer.
    pub(super) unit: String,
    pub(super) scale: Option<Scale>,
    /// The length of a window in milliseconds.
    pub(super) step: u128,
    /// In words: `percent`, `no unit`.
    pub(super) heading: String,
}

/// A line in the legend.
pub(super) struct LineRow {
    pub(super) class: String,
    /// The shape of its marks; empty for a line that is alone.
    pub(super) shape: &'static str,
    pub(super) name: RowName,
    pub(super) latest: String,
    pub(super) min: String,
    pub(super) avg: String,
    pub(super) max: String,
    pub(super) values: Values,
    pub(super) earlier: Option<Values>,
}

/// The name of a line: what tells it from the others.
pub(super) struct RowName {
    /// The page of the series, if it is one.
    pub(super) link: Option<String>,
    /// Source and name, if lines differ in them.
    pub(super) words: Vec<String>,
    pub(super) labels: Vec<(String, String)>,
    /// Of a group: `3 series`.
    pub(super) size: Option<String>,
}

/// A panel for each unit, in the order of their first lines.
pub(super) fn panels(drawing: &Drawing, title: &str) -> Vec<Panel> {
    let mut units: Vec<&str> = Vec::new();
    for line in &drawing.lines {
        if !units.contains(&line.unit.as_str()) {
            units.push(&line.unit);
        }
    }
    let shared = Shared::of(&drawing.lines);
    let mut first = 0;
    let panel = |unit: &str| {
        let lines: Vec<&Line> = drawing.lines.iter().filter(|line| line.unit == unit).collect();
        let panel = Panel::new(&lines, first, unit, drawing, title, &shared);
        first += lines.len();
        panel
    };
    units.into_iter().filter_map(panel).collect()
}

impl Panel {
    fn new(
        lines: &[&Line],
        first: usize,
        unit: &str,
        drawing: &Drawing,
        title: &str,
        shared: &Shared,
    ) -> Option<Self> {
        let drawn: Vec<(&[Point], &[Point])> =
            lines.iter().map(|line| (line.points.as_slice(), line.earlier.as_slice())).collect();
        let chart = Chart::of_lines(&drawn, first, unit, drawing.span, title)?;
        let is_alone = lines.len() == 1;
        let rows = (first..).zip(lines);
        let all = lines.iter().flat_map(|line| &line.points).map(|point| point.value.abs());
        Some(Self {
            rows: rows
                .map(|(index, line)| LineRow::new(line, index, is_alone, drawing.resolution, shared))
                .collect(),
            scale: Scale::of(all.fold(0.0, f64::max), unit),
            unit: unit.to_owned(),
            step: drawing.resolution.step.as_millis(),
            heading: if unit.is_empty() { "no unit".to_owned() } else { unit.to_owned() },
            chart,
        })
    }

    /// The panel of one series, whose chart is its own; without a row in the legend.
    pub(super) fn of_series(chart: Chart, series: &Series, points: &[Point], resolution: Resolution) -> Self {
        let unit = series.unit();
        let largest = points.iter().map(|point| point.value.abs()).fold(0.0, f64::max);
        let row = LineRow {
            class: "s0 dash0".to_owned(),
            shape: "",
            name: RowName { link: None, words: vec!["mean".to_owned()], labels: Vec::new(), size: None },
            latest: String::new(),
            min: String::new(),
            avg: String::new(),
            max: String::new(),
            values: values(points, resolution.step),
            earlier: None,
        };
        Self {
            chart,
            rows: vec![row],
            unit: unit.to_owned(),
            scale: Scale::of(largest, unit),
            step: resolution.step.as_millis(),
            heading: unit.to_owned(),
        }
    }
}

impl LineRow {
    fn new(line: &Line, index: usize, is_alone: bool, resolution: Resolution, shared: &Shared) -> Self {
        let (class, shape) = style_of(index);
        let shown = |value: Option<f64>| {
            value.map_or_else(|| "none".to_owned(), |value| Shown::new(value, &line.unit).text)
        };
        let found = extremes(&line.points);
        let step = resolution.step;
        Self {
            class,
            shape: if is_alone { "" } else { shape },
            name: RowName::new(&line.name, shared),
            latest: shown(line.points.last().map(|point| point.value)),
            min: shown(found.map(|(min, ..)| min)),
            avg: shown(found.map(|(_, avg, _)| avg)),
            max: shown(found.map(|(.., max)| max)),
            values: values(&line.points, step),
            earlier: (!line.earlier.is_empty()).then(|| values(&line.earlier, step)),
        }
    }
}

fn values(points: &[Point], step: Duration) -> Values {
    Values::of(points, step, step.max(usual_distance(points).mul_f64(HOLD_FACTOR)))
}

/// What all lines have in common, so that no name needs to say it.
#[derive(Default)]
struct Shared {
    source: bool,
    name: bool,
    labels: BTreeSet<(String, String)>,
}

impl Shared {
    fn of(lines: &[Line]) -> Self {
        let series: Vec<&Series> = lines
            .iter()
            .filter_map(|line| match &line.name {
                LineName::One(series) => Some(&**series),
                LineName::Group { .. } => None,
            })
            .collect();
        let [first, rest @ ..] = &series[..] else { return Self::default() };
        if rest.is_empty() {
            return Self::default();
        }
        let has_all = |(name, value): &(&str, &str)| rest.iter().all(|one| one.label(name) == Some(*value));
        let labels = first.labels().filter(has_all).map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            source: rest.iter().all(|one| one.source() == first.source()),
            name: rest.iter().all(|one| one.name() == first.name()),
            labels: labels.collect(),
        }
    }
}

impl RowName {
    fn new(name: &LineName, shared: &Shared) -> Self {
        match name {
            LineName::One(series) => {
                let words = [(shared.source, series.source()), (shared.name, series.name())];
                let mut words: Vec<String> = words
                    .into_iter()
                    .filter(|(is_shared, _)| !is_shared)
                    .map(|(_, word)| word.to_owned())
                    .collect();
                let labels: Vec<(String, String)> = series
                    .labels()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .filter(|label| !shared.labels.contains(label))
                    .map(|(name, value)| (name, cut(&value, SHOWN_VALUE_CHARS)))
                    .collect();
                if words.is_empty() && labels.is_empty() {
                    words.push(series.name().to_owned());
                }
                Self { link: Some(links::series(series)), words, labels, size: None }
            }
            LineName::Group { values, series } => {
                let labels = values
                    .iter()
                    .map(|(name, value)| (name.clone(), cut(value, SHOWN_VALUE_CHARS)))
                    .collect();
                let words = if values.is_empty() { vec!["all".to_owned()] } else { Vec::new() };
                Self { link: None, words, labels, size: Some(format!("{series} series")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn line(key: &str) -> Line {
        let name = LineName::One(Arc::new(key.parse().unwrap()));
        Line { name, unit: String::new(), points: Vec::new(), earlier: Vec::new() }
    }

    fn names(keys: &[&str]) -> Vec<String> {
        let lines: Vec<Line> = keys.iter().map(|key| line(key)).collect();
        let shared = Shared::of(&lines);
        let name = |line: &Line| {
            let RowName { words, labels, .. } = RowName::new(&line.name, &shared);
            let labels = labels.into_iter().map(|(name, value)| format!("{name}={value}"));
            words.into_iter().chain(labels).collect::<Vec<_>>().join(" ")
        };
        lines.iter().map(name).collect()
    }

    #[test]
    fn a_name_says_what_tells_a_line_from_the_others() {
        assert_eq!(names(&[r#"host/cpu{cpu="0"}"#]), ["host cpu cpu=0"]);
        let alike = [r#"host/cpu{cpu="0",host="a"}"#, r#"host/cpu{cpu="1",host="a"}"#];
        assert_eq!(names(&alike), ["cpu=0", "cpu=1"]);
        let others = [r#"host/cpu{host="a"}"#, r#"host/load{host="a"}"#];
        assert_eq!(names(&others), ["cpu", "load"]);
        assert_eq!(names(&["host/cpu", r#"host/cpu{cpu="0"}"#]), ["cpu", "cpu=0"]);
    }
}
