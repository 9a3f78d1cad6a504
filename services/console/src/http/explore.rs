//! `/explore`, its completions and its CSV.

use super::question::problem;
use super::{Console, render};
use crate::explore::{Given, Question};
use crate::gather::{Field, complete, draw, explore, points, resolved, to_draw};
use crate::links::LABEL;
use crate::page::{ExplorePage, csv_of_line, csv_of_series};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::stream::{self, StreamExt as _};
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::http::{Checked, Problem};

/// Most series in a CSV.
pub const MAX_CSV_SERIES: usize = 200;
/// Points of each series in a CSV, as many as a page can show.
const CSV_POINTS: u64 = 1_000;

type Pairs = Checked<Query<Vec<(String, String)>>>;

pub(super) async fn page(
    State(console): State<Console>,
    Checked(Query(query)): Pairs,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let question = Question::parse(&query, now).map_err(problem)?;
    if is_of_form(&query) {
        return Ok(Redirect::to(&question.link("/explore")).into_response());
    }
    let explored = explore(&console.sources, &question, now).await;
    render(&ExplorePage::new(console.shell("/explore", &headers, now), &question, explored, now))
}

/// Whether a form has sent it, with its empty fields: such an address is not one to keep or to send to others.
fn is_of_form(query: &[(String, String)]) -> bool {
    let is_empty = |name: &str, value: &str| value.trim().is_empty() && !name.starts_with(LABEL);
    query.iter().any(|(name, value)| name == "label" || is_empty(name, value))
}

/// What the field named by `field` may become, whose text is `text`: a JSON array.
pub(super) async fn completions(
    State(console): State<Console>,
    Checked(Query(query)): Pairs,
) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let field = Given(&query).one("field").and_then(Field::parse);
    let field = field.ok_or_else(|| Problem::bad_request("field", "must be q, source, name or label"))?;
    let text = Given(&query).one("text").unwrap_or_default().to_owned();
    // What is being typed into a field is not yet a condition.
    let others: Vec<_> = query
        .into_iter()
        .filter(|(name, _)| !["q", "label", "by", "group"].contains(&name.as_str()))
        .collect();
    let question = Question::parse(&others, now).map_err(problem)?;
    match complete(&console.sources, &question, (field, &text), now).await {
        Ok(words) => Ok(Json(words).into_response()),
        Err(reason) => {
            Err(Problem::unavailable(reason.to_string(), watchkeeper_runtime::http::RETRY_UNAVAILABLE))
        }
    }
}

/// What the chart shows, series by series as they are read.
pub(super) async fn csv(
    State(console): State<Console>,
    Checked(Query(query)): Pairs,
) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let question = Question { points: CSV_POINTS, ..Question::parse(&query, now).map_err(problem)? };
    let heading = stream::once(async { Ok(Bytes::from_static(b"time,series,unit,value\r\n")) });
    let body = if question.group.is_some() {
        let drawing = draw(&console.sources, &question, now).await?;
        let lines: Vec<Result<Bytes, Problem>> =
            drawing.lines.iter().map(|line| Ok(csv_of_line(line).into())).collect();
        Body::from_stream(heading.chain(stream::iter(lines)).map(failed))
    } else {
        let series = to_draw(&console.sources, &question, now).await?;
        if series.len() > MAX_CSV_SERIES {
            let reason =
                format!("selects {} series, the limit is {MAX_CSV_SERIES}: narrow the search", series.len());
            return Err(Problem::bad_request("q", reason));
        }
        let at = resolved(&console.sources, &question, now).await?;
        let rows = stream::iter(series).then(move |series| {
            let (sources, question) = (console.sources.clone(), question.clone());
            async move {
                let points = points(&sources, &question, &series, at).await?;
                Ok::<_, Problem>(Bytes::from(csv_of_series(
                    &series,
                    &question.function.unit(series.unit()),
                    &points,
                )))
            }
        });
        Body::from_stream(heading.chain(rows).map(failed))
    };
    let file = "attachment; filename=\"watchkeeper.csv\"";
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, file)], body).into_response())
}

/// A failure after the first rows breaks the transfer off, so that nobody takes a part for the whole.
fn failed(part: Result<Bytes, Problem>) -> Result<Bytes, std::io::Error> {
    part.map_err(|problem| std::io::Error::other(problem.detail().to_owned()))
}
