//! The data of the page that explores series.

use super::drawing::{self, Drawing};
use super::found::{self, Field, Found};
use super::history::{self, History};
use super::{Sources, drawing::resolution};
use crate::explore::{Question, Resolution, Span};
use std::sync::Arc;
use watchkeeper_domain::{Point, Series, Timestamp};
use watchkeeper_ports::PortError;
use watchkeeper_query::{Answer, within_time};

/// The data of the page.
pub(crate) struct Explored {
    pub(crate) found: Answer<Found>,
    /// The last hour of the series in the list.
    pub(crate) history: Answer<History>,
    /// `None` if the question is about all series.
    pub(crate) drawing: Answer<Option<Drawing>>,
}

/// Searches, and then reads what was found concurrently: a page may take twice
/// [`ANSWER_WITHIN`](watchkeeper_query::ANSWER_WITHIN).
pub(crate) async fn explore(sources: &Sources, question: &Question, now: Timestamp) -> Explored {
    let found = within_time("store", found::find(&sources.samples, question, now)).await;
    let series = drawn(question, found.as_ref().ok());
    let rows = found.as_ref().map(|found| &*found.rows).unwrap_or_default();
    let (history, drawing) =
        tokio::join!(within_time("store", history::last_hour(&sources.samples, rows, now)), async {
            match series {
                Some(series) => {
                    let drawing = drawing::draw(&sources.reader, question, &series, now);
                    within_time("store", drawing).await.map(Some)
                }
                None => Ok(None),
            }
        },);
    // Without the search it is not known what to draw.
    let drawing = match &found {
        Err(reason) if question.picked.is_empty() => Err(reason.clone()),
        _ => drawing,
    };
    Explored { found, history, drawing }
}

/// The series to draw: those that were picked, or all that were found; none if the question is about all series.
fn drawn(question: &Question, found: Option<&Found>) -> Option<Vec<Arc<Series>>> {
    if !question.picked.is_empty() {
        let mut picked: Vec<Arc<Series>> = question.picked.iter().cloned().map(Arc::new).collect();
        picked.sort_by(|one, other| one.cmp_naturally(other));
        return Some(picked);
    }
    question.is_narrow().then(|| found.map(|found| found.all.clone()).unwrap_or_default())
}

/// The lines of the chart alone.
pub(crate) async fn draw(
    sources: &Sources,
    question: &Question,
    now: Timestamp,
) -> Result<Drawing, PortError> {
    let series = to_draw(sources, question, now).await?;
    drawing::draw(&sources.reader, question, &series, now).await
}

/// The series of the chart, in natural order.
pub(crate) async fn to_draw(
    sources: &Sources,
    question: &Question,
    now: Timestamp,
) -> Result<Vec<Arc<Series>>, PortError> {
    let found = if question.picked.is_empty() {
        Some(found::find(&sources.samples, question, now).await?)
    } else {
        None
    };
    Ok(drawn(question, found.as_ref()).unwrap_or_else(|| found.map(|found| found.all).unwrap_or_default()))
}

/// The range and resolution of `question`.
pub(crate) async fn resolved(
    sources: &Sources,
    question: &Question,
    now: Timestamp,
) -> Result<(Span, Resolution), PortError> {
    let span = question.range.span(now);
    Ok((span, resolution(&sources.reader, question, span, now).await?))
}

/// The points of one series.
pub(crate) async fn points(
    sources: &Sources,
    question: &Question,
    series: &Series,
    (span, resolution): (Span, Resolution),
) -> Result<Vec<Point>, PortError> {
    sources.reader.points(series, question.function, span, resolution).await
}

/// What `text` may become in a field of the search form.
pub(crate) async fn complete(
    sources: &Sources,
    question: &Question,
    typed: (Field, &str),
    now: Timestamp,
) -> Answer<Vec<String>> {
    within_time("store", found::complete(&sources.samples, question, typed, now)).await
}
