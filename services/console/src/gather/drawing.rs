//! The lines of a chart.

use super::reader::Reader;
use crate::explore::{Compare, Function, Group, Question, Resolution, Span, combine};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Natural, Point, Series, Timestamp};
use watchkeeper_ports::PortError;

/// Most lines of one page.
pub const MAX_LINES: usize = 20;
/// Most series that are read for grouped lines.
pub const MAX_GROUPED: usize = 100;
/// Queries of one page at once.
const QUESTIONS_AT_ONCE: usize = 8;
/// Ranges that begin later are taken to have samples: no retention is that short.
const RECENT: Duration = Duration::from_secs(24 * 60 * 60);

/// The lines of a chart, and how they were made.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    /// In natural order, at most [`MAX_LINES`].
    pub(crate) lines: Vec<Line>,
    pub(crate) span: Span,
    pub(crate) resolution: Resolution,
    /// The mean number of samples of a point of the first series.
    pub(crate) samples_per_point: Option<f64>,
    /// The series that were read.
    pub(crate) read: Vec<Arc<Series>>,
    /// How many were asked for.
    pub(crate) asked: usize,
    /// How many lines there would be without the limit.
    pub(crate) all_lines: usize,
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: LineName,
    pub(crate) unit: String,
    pub(crate) points: Vec<Point>,
    /// The same an earlier time ago, moved to the time of `points`; empty without a comparison.
    pub(crate) earlier: Vec<Point>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LineName {
    One(Arc<Series>),
    Group {
        /// The labels that it was grouped by.
        values: Vec<(String, String)>,
        /// The number of its series.
        series: usize,
    },
}

/// The lines of `question` for these series, which are in natural order.
pub(super) async fn draw(
    reader: &Reader,
    question: &Question,
    series: &[Arc<Series>],
    now: Timestamp,
) -> Result<Drawing, PortError> {
    let span = question.range.span(now);
    let resolution = resolution(reader, question, span, now).await?;
    let most = if question.group.is_some() { MAX_GROUPED } else { MAX_LINES };
    let read: Vec<Arc<Series>> = series.iter().take(most).cloned().collect();
    let of = |span| read_all(reader, &read, question.function, span, resolution);
    let per_point = async {
        match read.first() {
            Some(first) => reader.samples_per_point(first, span, resolution).await,
            None => Ok(None),
        }
    };
    let (points, earlier, samples_per_point) = tokio::try_join!(
        of(span),
        async {
            match question.compare {
                Some(compare) => of(span.earlier(compare.by())).await,
                None => Ok(vec![Vec::new(); read.len()]),
            }
        },
        per_point
    )?;
    let lines = match &question.group {
        Some(group) => grouped(&read, &points, &earlier, group, question, resolution),
        None => single(&read, points, earlier, question.function),
    };
    let lines = lines.into_iter().map(|line| line.moved(question.compare));
    let mut lines: Vec<Line> =
        lines.filter(|line| !(line.points.is_empty() && line.earlier.is_empty())).collect();
    let all_lines = if question.group.is_some() { lines.len() } else { series.len() };
    lines.truncate(MAX_LINES);
    Ok(Drawing { lines, span, resolution, samples_per_point, read, asked: series.len(), all_lines })
}

/// How finely `span` is shown, and from what.
pub(super) async fn resolution(
    reader: &Reader,
    question: &Question,
    span: Span,
    now: Timestamp,
) -> Result<Resolution, PortError> {
    let oldest = if now.since(span.from) > RECENT { reader.oldest().await? } else { None };
    Ok(Resolution::of(span, question.points, question.function, oldest))
}

async fn read_all(
    reader: &Reader,
    series: &[Arc<Series>],
    function: Function,
    span: Span,
    resolution: Resolution,
) -> Result<Vec<Vec<Point>>, PortError> {
    let answers = series.iter().map(|series| reader.points(series, function, span, resolution));
    stream::iter(answers.collect::<Vec<_>>()).buffered(QUESTIONS_AT_ONCE).try_collect().await
}

fn single(
    series: &[Arc<Series>],
    points: Vec<Vec<Point>>,
    earlier: Vec<Vec<Point>>,
    function: Function,
) -> Vec<Line> {
    let of_each = series.iter().zip(points).zip(earlier);
    let line = |((series, points), earlier): ((&Arc<Series>, _), _)| Line {
        name: LineName::One(Arc::clone(series)),
        unit: function.unit(series.unit()),
        points,
        earlier,
    };
    of_each.map(line).collect()
}

/// A line for each group, of series of one unit.
fn grouped(
    series: &[Arc<Series>],
    points: &[Vec<Point>],
    earlier: &[Vec<Point>],
    group: &Group,
    question: &Question,
    resolution: Resolution,
) -> Vec<Line> {
    let mut groups: BTreeMap<(Vec<Natural<'_>>, &str), Vec<usize>> = BTreeMap::new();
    for (index, series) in series.iter().enumerate() {
        let values = group.by.iter().map(|field| Natural(series.field(field).unwrap_or_default()));
        groups.entry((values.collect(), series.unit())).or_default().push(index);
    }
    let function = question.function;
    let combined = |all: &[Vec<Point>], members: &[usize]| {
        let members: Vec<&[Point]> = members.iter().map(|&index| all[index].as_slice()).collect();
        combine(&members, group.how, resolution.step, function.lasts())
    };
    let line = |((values, unit), members): ((Vec<Natural<'_>>, &str), Vec<usize>)| Line {
        name: LineName::Group {
            values: group
                .by
                .iter()
                .cloned()
                .zip(values.iter().map(|Natural(value)| (*value).to_owned()))
                .collect(),
            series: members.len(),
        },
        unit: function.unit(unit),
        points: combined(points, &members),
        earlier: combined(earlier, &members),
    };
    groups.into_iter().map(line).collect()
}

impl Line {
    /// With the earlier points at the time of the later ones.
    fn moved(self, compare: Option<Compare>) -> Self {
        let by = compare.map_or(Duration::ZERO, Compare::by);
        let earlier = self.earlier.iter().map(|point| Point { at: point.at.plus(by), value: point.value });
        Self { earlier: earlier.collect(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::{Combine, Origin};

    fn point(second: u64, value: f64) -> Point {
        Point { at: Timestamp::MIN.plus(Duration::from_secs(second)), value }
    }

    #[test]
    fn series_are_grouped_by_the_values_of_labels_and_never_across_units() {
        let keys = [
            r#"host/cpu{cpu="0",host="b"} percent"#,
            r#"host/cpu{cpu="1",host="b"} percent"#,
            r#"host/cpu{cpu="0",host="a"} percent"#,
            r#"host/load{host="a"}"#,
        ];
        let series: Vec<Arc<Series>> = keys.iter().map(|key| Arc::new(key.parse().unwrap())).collect();
        let points: Vec<Vec<Point>> = (1..=4_u32).map(|value| vec![point(0, f64::from(value))]).collect();
        let group = Group { how: Combine::Sum, by: vec!["host".to_owned()] };
        let resolution = Resolution { step: Duration::from_secs(60), origin: Origin::Samples };
        let none = vec![Vec::new(); 4];
        let lines = grouped(&series, &points, &none, &group, &Question::default(), resolution);
        let found: Vec<_> = lines
            .iter()
            .map(|line| {
                let LineName::Group { values, series } = &line.name else { panic!("{line:?}") };
                (values[0].1.as_str(), line.unit.as_str(), *series, line.points[0].value)
            })
            .collect();
        assert_eq!(found, [("a", "", 1, 4.0), ("a", "percent", 1, 3.0), ("b", "percent", 2, 3.0)]);
    }

    #[test]
    fn an_earlier_line_is_moved_to_the_time_of_the_later_one() {
        let line = Line {
            name: LineName::Group { values: Vec::new(), series: 1 },
            unit: String::new(),
            points: Vec::new(),
            earlier: vec![point(0, 1.0)],
        };
        assert_eq!(line.moved(Some(Compare::DayBefore)).earlier, [point(86_400, 1.0)]);
    }
}
