//! Charts: several lines over one range of time, or a strip of states.

mod axis;
mod strip;
mod values;

pub(crate) use axis::{Level, Time, levels, percent, times, with_room};
pub(crate) use strip::Block;
pub(crate) use values::{Values, millis};

use crate::explore::Span;
use crate::format::Shown;
use crate::gather::Lines;
use crate::sparkline::{Axes, Frame, extremes};
use axis::share_of;
use std::time::Duration;
use watchkeeper_domain::{Point, Series, Timestamp};

/// The plot: its height in pixels; on the time axis one unit is a thousandth of its width.
pub(crate) const FRAME: Frame = Frame { width: 1_000.0, height: 220.0, margin: 0.0 };
/// Colours, dash patterns and shapes of lines: the numbers of classes in the stylesheet.
const COLOURS: usize = 8;
const DASHES: usize = 3;
const SHAPES: [&str; 6] = ["circle filled", "square filled", "diamond filled", "circle", "square", "diamond"];
/// Marks on each line that tell it from others without colour.
const MARKS_OF_A_LINE: usize = 4;
/// A limit is drawn if it is at most this many times the height of the values away from them.
const LIMIT_WITHIN: f64 = 1.0;

/// Lines, or a strip.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Chart {
    pub(crate) lines: Vec<Stroke>,
    /// The `d` of an SVG path from minimum to maximum; empty if there is none.
    pub(crate) band: String,
    pub(crate) marks: Vec<Mark>,
    pub(crate) levels: Vec<Level>,
    pub(crate) times: Vec<Time>,
    pub(crate) limits: Vec<LimitLine>,
    pub(crate) turns: Vec<TurnLine>,
    /// The states of a strip; without any, lines are drawn.
    pub(crate) blocks: Vec<Block>,
    /// The text alternative of the chart.
    pub(crate) title: String,
    /// The range, in milliseconds since the epoch.
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stroke {
    /// The `d` of an SVG path.
    pub(crate) d: String,
    /// The CSS classes.
    pub(crate) class: String,
}

/// A shape on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Percent of the width from the left.
    pub(crate) x: String,
    /// Pixels from the top.
    pub(crate) y: String,
    pub(crate) class: String,
    pub(crate) is_circle: bool,
}

/// The limit of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitLine {
    /// Pixels from the top.
    pub(crate) y: String,
    pub(crate) text: String,
}

/// An instant at which an alert fired or cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TurnLine {
    /// Percent of the width from the left.
    pub(crate) x: String,
    /// The CSS class: `fired` or `cleared`.
    pub(crate) class: &'static str,
    pub(crate) title: String,
}

/// The values of a rule's limit, and its name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Limit {
    pub(crate) value: f64,
    pub(crate) text: String,
}

/// An alert that fired or cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) at: Timestamp,
    pub(crate) has_fired: bool,
    pub(crate) rule: String,
}

/// The classes of a line's colour and dashes, and the shape of its marks.
pub(crate) fn style_of(index: usize) -> (String, &'static str) {
    let class = format!("s{} dash{}", index % COLOURS, index / COLOURS % DASHES);
    (class, SHAPES[index % SHAPES.len()])
}

impl Chart {
    /// Several lines, each with an earlier one or none; `first` is the number of the first line's style. `None` without
    /// points.
    pub(crate) fn of_lines(
        lines: &[(&[Point], &[Point])],
        first: usize,
        unit: &str,
        span: Span,
        title: &str,
    ) -> Option<Self> {
        let all: Vec<Point> =
            lines.iter().flat_map(|(points, earlier)| points.iter().chain(*earlier)).copied().collect();
        let (min, mean, max) = extremes(&all)?;
        let axes = axes(span, with_room(min, max));
        let is_alone = lines.len() == 1;
        let mut chart = Self { levels: levels(&axes, unit), ..Self::empty(span) };
        // Earlier lines first, so that they are behind the others.
        for (index, (_, earlier)) in (first..).zip(lines) {
            if !earlier.is_empty() {
                chart.lines.push(Stroke {
                    d: FRAME.line(earlier, &axes),
                    class: format!("s{} earlier", index % COLOURS),
                });
            }
        }
        for (index, (points, _)) in (first..).zip(lines) {
            let (class, shape) = style_of(index);
            chart.lines.push(Stroke { d: FRAME.line(points, &axes), class: class.clone() });
            if !is_alone {
                chart.marks.extend(marks(points, &axes, index, &class, shape));
            }
        }
        let [least, middle, most] = [min, mean, max].map(|value| Shown::new(value, unit).text);
        chart.title = format!("{title}: min {least}, avg {middle}, max {most}");
        Some(chart)
    }

    /// One series: the mean as a line, minimum to maximum as a band; or a strip, if it has two states. With the limits
    /// of its rules, and the instants at which its alerts fired and cleared. `None` without points.
    pub(crate) fn of_series(
        series: &Series,
        lines: &Lines,
        step: Duration,
        span: Span,
        limits: &[Limit],
        turns: &[Turn],
        title: &str,
    ) -> Option<Self> {
        let turns = turn_lines(turns, span);
        if strip::is_availability(series, lines) {
            let blocks = strip::blocks(lines, step, span);
            let title = format!("{title}: {}", strip::title(lines, &blocks));
            return Some(Self { turns, blocks, title, ..Self::empty(span) });
        }
        let unit = series.unit();
        let (min, ..) = extremes(&lines.smallest)?;
        let (.., max) = extremes(&lines.largest)?;
        let (_, mean, _) = extremes(&lines.mean)?;
        let (mut low, mut high) = with_room(min, max);
        // The distance of two finite numbers may not be finite.
        let height = (high - low).min(f64::MAX);
        let shown: Vec<&Limit> = limits
            .iter()
            .filter(|limit| {
                limit.value >= low - height * LIMIT_WITHIN && limit.value <= high + height * LIMIT_WITHIN
            })
            .collect();
        for limit in &shown {
            low = low.min(limit.value - height * 0.04);
            high = high.max(limit.value + height * 0.08);
        }
        let axes = axes(span, (low, high));
        let [least, middle, most] = [min, mean, max].map(|value| Shown::new(value, unit).text);
        let limit_line = |limit: &&Limit| LimitLine {
            y: format!("{:.1}", FRAME.y(limit.value, &axes)),
            text: limit.text.clone(),
        };
        Some(Self {
            lines: vec![Stroke { d: FRAME.line(&lines.mean, &axes), class: "s0 dash0 mean".to_owned() }],
            band: FRAME.band(&lines.smallest, &lines.largest, &axes),
            levels: levels(&axes, unit),
            limits: shown.iter().map(limit_line).collect(),
            turns,
            title: format!("{title}: min {least}, avg {middle}, max {most}"),
            ..Self::empty(span)
        })
    }

    fn empty(span: Span) -> Self {
        Self { times: times(span), from: millis(span.from), to: millis(span.to), ..Self::default() }
    }
}

fn axes(span: Span, (min, max): (f64, f64)) -> Axes {
    Axes { from: span.from, to: span.to, min, max }
}

/// A few shapes on a line, at other places than those of its neighbours.
fn marks(points: &[Point], axes: &Axes, index: usize, class: &str, shape: &str) -> Vec<Mark> {
    let between = points.len().div_ceil(MARKS_OF_A_LINE).max(1);
    let first = (index * between / SHAPES.len()) % between;
    let mark = |point: &Point| Mark {
        x: percent(FRAME.x(point.at, axes) / FRAME.width),
        y: format!("{:.1}", FRAME.y(point.value, axes)),
        class: format!("{class} {shape}"),
        is_circle: shape.starts_with("circle"),
    };
    let on_the_plot = |point: &&Point| point.at >= axes.from && point.at <= axes.to;
    points.iter().skip(first).step_by(between).filter(on_the_plot).map(mark).collect()
}

fn turn_lines(turns: &[Turn], span: Span) -> Vec<TurnLine> {
    let within = turns.iter().filter(|turn| turn.at >= span.from && turn.at <= span.to);
    let line = |turn: &Turn| {
        let (class, has) = if turn.has_fired { ("fired", "started firing") } else { ("cleared", "cleared") };
        let at =
            turn.at.window_start(Duration::from_secs(1)).to_string().replace('T', " ").replace('Z', " UTC");
        TurnLine { x: percent(share_of(turn.at, span)), class, title: format!("{} {has} at {at}", turn.rule) }
    };
    within.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span() -> Span {
        Span { from: "2026-11-20T09:05:00Z".parse().unwrap(), to: "2026-11-20T10:05:00Z".parse().unwrap() }
    }

    fn points(values: &[f64]) -> Vec<Point> {
        let at = |minute: u64| span().from.plus(Duration::from_secs(60 * minute));
        (0..).zip(values).map(|(minute, &value)| Point { at: at(minute), value }).collect()
    }

    fn of_series(values: &[f64], limits: &[Limit], turns: &[Turn]) -> Option<Chart> {
        let series: Series = "host/memory bytes".parse().unwrap();
        let points = points(values);
        let lines = Lines { mean: points.clone(), smallest: points.clone(), largest: points };
        Chart::of_series(&series, &lines, Duration::from_secs(60), span(), limits, turns, "last hour")
    }

    #[test]
    fn no_points_are_no_chart() {
        assert_eq!(of_series(&[], &[], &[]), None);
        assert_eq!(Chart::of_lines(&[(&[], &[])], 0, "", span(), ""), None);
    }

    #[test]
    fn each_line_differs_from_its_neighbours_in_colour_and_shape() {
        let points = points(&[1.0; 20]);
        let lines: Vec<(&[Point], &[Point])> = (0..20).map(|_| (&*points, &[][..])).collect();
        let chart = Chart::of_lines(&lines, 0, "", span(), "").unwrap();
        let mut classes: Vec<_> = chart.lines.iter().map(|line| line.class.clone()).collect();
        classes.sort();
        classes.dedup();
        assert_eq!(classes.len(), 20, "no two lines have the same colour and dashes");
        assert_ne!(style_of(0).1, style_of(1).1);
        let of_first = chart.marks.iter().filter(|mark| mark.class.starts_with("s0 dash0")).count();
        assert_eq!(of_first, MARKS_OF_A_LINE);
    }

    #[test]
    fn one_line_has_no_marks_and_an_earlier_one_is_behind_it() {
        let points = points(&[1.0, 2.0]);
        let chart = Chart::of_lines(&[(&points, &points)], 3, "percent", span(), "last hour").unwrap();
        assert_eq!(chart.marks, []);
        let classes: Vec<_> = chart.lines.iter().map(|line| line.class.as_str()).collect();
        assert_eq!(classes, ["s3 earlier", "s3 dash0"]);
        assert_eq!(chart.title, "last hour: min 1.0 %, avg 1.5 %, max 2.0 %");
    }

    #[test]
    fn a_limit_near_the_values_is_drawn_and_one_far_away_would_flatten_them() {
        let limit = |value: f64| Limit { value, text: "full".to_owned() };
        let chart = of_series(&[80.0, 90.0], &[limit(95.0), limit(1_000.0)], &[]).unwrap();
        assert_eq!(chart.limits.len(), 1);
        let y: f64 = chart.limits[0].y.parse().unwrap();
        assert!(y > 0.0 && y < 110.0, "{y}");
    }

    #[test]
    fn the_turns_of_alerts_within_the_range_are_marked() {
        let turn = |minutes: u64, has_fired| Turn {
            at: span().from.plus(Duration::from_secs(60 * minutes)),
            has_fired,
            rule: "full".to_owned(),
        };
        let chart = of_series(&[1.0], &[], &[turn(30, true), turn(45, false), turn(90, true)]).unwrap();
        let found: Vec<_> = chart.turns.iter().map(|turn| (&*turn.x, turn.class, &*turn.title)).collect();
        assert_eq!(
            found,
            [
                ("50.00", "fired", "full started firing at 2026-11-20 09:35:00 UTC"),
                ("75.00", "cleared", "full cleared at 2026-11-20 09:50:00 UTC"),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_values_make_a_chart_of_few_levels(
            values in prop::collection::vec(prop_oneof![-1e4..1e4, prop::num::f64::NORMAL], 1..50), limit in -1e5..1e5,
        ) {
            let limit = Limit { value: limit, text: String::new() };
            let one = of_series(&values, std::slice::from_ref(&limit), &[]).unwrap();
            let points = points(&values);
            let several = Chart::of_lines(&[(&points, &[]), (&points, &points)], 0, "bytes", span(), "").unwrap();
            for chart in [one, several] {
                prop_assert!(chart.levels.len() <= 11);
                let paths = chart.lines.iter().map(|line| &line.d).chain([&chart.band]);
                let places = chart.marks.iter().flat_map(|mark| [&mark.x, &mark.y]);
                for text in paths.chain(places).chain(chart.levels.iter().map(|level| &level.y)) {
                    prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{}", text);
                }
            }
        }
    }
}
