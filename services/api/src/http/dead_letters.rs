//! `/v1/dead-letters`.

use super::asked::Asked;
use super::questions::{LettersQuestion, Nothing};
use super::refusals::{BodyRefusals, NotFound, Refusals, RunGoesOn};
use crate::dead_letters::DeadLetters;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Violation;
use watchkeeper_runtime::http::{Checked, Problem, RETRY_UNAVAILABLE};
use watchkeeper_wire::dead_letter::{LetterId, Settlement};
use watchkeeper_wire::json::{
    DeadLetterJson, DeadLetterList, DeadLetterRun, DeadLetterRunList, DeadLettersRequest, RunState,
};

/// Maximum number of IDs per request.
const MAX_IDS: usize = DeadLettersRequest::MAX_IDS;
/// How long a response waits for the end of a run.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Read routes.
pub(super) fn router(letters: Arc<DeadLetters>) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(list_dead_letters))
        .routes(routes!(get_dead_letter))
        .routes(routes!(list_dead_letter_runs))
        .routes(routes!(get_dead_letter_run))
        .with_state(letters)
}

/// Admin routes.
pub(super) fn admin_router(letters: Arc<DeadLetters>) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(replay_dead_letters))
        .routes(routes!(discard_dead_letters))
        .routes(routes!(stop_dead_letter_run))
        .with_state(letters)
}

/// List dead letters
///
/// Pending dead letters: rejected records that were neither replayed nor discarded, those of one partition in the order
/// in which they were rejected. A page has fewer than `limit` if the records are large. After a start the dead-letter
/// topics are read first; until then the response is 503 with the progress. At most 500,000 are listed, the oldest of
/// each partition; `unlisted` counts the others, which are listed once these are replayed or discarded.
#[utoipa::path(
    get,
    path = "/v1/dead-letters",
    tag = "operation",
    params(Asked<LettersQuestion>),
    responses((status = 200, description = "A page of dead letters.", body = DeadLetterList), Refusals),
)]
async fn list_dead_letters(
    State(letters): State<Arc<DeadLetters>>,
    Asked(question): Asked<LettersQuestion>,
) -> Result<Json<DeadLetterList>, Problem> {
    let page = letters.page(question.after.as_ref(), question.limit).await?;
    Ok(Json(DeadLetterList {
        dead_letters: page.letters,
        waiting: page.waiting,
        unlisted: Some(page.unlisted).filter(|unlisted| *unlisted > 0),
        next_page: page.next.map(|id| id.to_string()),
    }))
}

/// Get one dead letter
///
/// A rejected record with its original bytes, even after it was replayed or discarded.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/{id}",
    tag = "operation",
    params(("id" = String, Path, description = "`id` from the list.", example = "metrics.dead-0-42")),
    responses(
        (status = 200, description = "The dead letter.", body = DeadLetterJson),
        NotFound,
        Refusals,
    ),
)]
async fn get_dead_letter(
    State(letters): State<Arc<DeadLetters>>,
    Checked(Path(id)): Checked<Path<String>>,
    Asked(Nothing): Asked<Nothing>,
) -> Result<Json<DeadLetterJson>, Problem> {
    let id: LetterId = id.parse()?;
    let letter = letters.one(&id).await?;
    letter.map(Json).ok_or_else(|| Problem::not_found(&format!("dead letter {id}")))
}

/// Replay dead letters
///
/// Publishes the records to their topics again, unchanged, oldest first, and marks them as replayed. If one of the IDs
/// is not pending, none is replayed. A record that is rejected again becomes a new dead letter. Returns 200 if all is
/// done within two seconds, else 202: the replay continues in the background, and `Location` has its progress. If it
/// ends early, for whatever reason, the replayed records are marked, except up to 500 in flight; start another replay
/// for the rest. Only one run at a time. Requires the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/dead-letters/replay",
    tag = "operation",
    request_body(content = DeadLettersRequest, description = "Either `ids` or `all`."),
    responses(
        (status = 200, description = "The finished replay.", body = DeadLetterRun),
        (status = 202, description = "The replay is in progress.", body = DeadLetterRun),
        NotFound,
        RunGoesOn,
        BodyRefusals,
        Refusals,
    ),
)]
async fn replay_dead_letters(
    State(letters): State<Arc<DeadLetters>>,
    Asked(Nothing): Asked<Nothing>,
    Checked(Json(request)): Checked<Json<DeadLettersRequest>>,
) -> Result<Response, Problem> {
    settle(&letters, Settlement::Replayed, request).await
}

/// Discard dead letters
///
/// Marks them as discarded: they are no longer pending, and nothing is published. They stay readable until the retention
/// of their topic ends. Otherwise the same as a replay. Requires the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/dead-letters/discard",
    tag = "operation",
    request_body(content = DeadLettersRequest, description = "Either `ids` or `all`."),
    responses(
        (status = 200, description = "The finished run.", body = DeadLetterRun),
        (status = 202, description = "The run is in progress.", body = DeadLetterRun),
        NotFound,
        RunGoesOn,
        BodyRefusals,
        Refusals,
    ),
)]
async fn discard_dead_letters(
    State(letters): State<Arc<DeadLetters>>,
    Asked(Nothing): Asked<Nothing>,
    Checked(Json(request)): Checked<Json<DeadLettersRequest>>,
) -> Result<Response, Problem> {
    settle(&letters, Settlement::Discarded, request).await
}

/// List dead-letter runs
///
/// The replays and discards of this process, with their progress.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/runs",
    tag = "operation",
    responses((status = 200, description = "The runs.", body = DeadLetterRunList), Refusals),
)]
async fn list_dead_letter_runs(
    State(letters): State<Arc<DeadLetters>>,
    Asked(Nothing): Asked<Nothing>,
) -> Json<DeadLetterRunList> {
    Json(DeadLetterRunList { runs: letters.runs() })
}

/// Get a dead-letter run
///
/// Its progress. Runs are kept in memory until the process ends.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/runs/{id}",
    tag = "operation",
    params(("id" = String, Path, description = "ID of the run.", example = "k3v9x2m7q4w8t5zn")),
    responses((status = 200, description = "The run.", body = DeadLetterRun), NotFound, Refusals),
)]
async fn get_dead_letter_run(
    State(letters): State<Arc<DeadLetters>>,
    Checked(Path(id)): Checked<Path<String>>,
    Asked(Nothing): Asked<Nothing>,
) -> Result<Json<DeadLetterRun>, Problem> {
    let run = letters.run(&id)?;
    Ok(Json(letters.shown(&run)))
}

/// Stop a dead-letter run
///
/// It ends after the dead letters in flight. Finished work is kept; start another run for the rest. Requires the scope
/// `admin`.
#[utoipa::path(
    delete,
    path = "/v1/dead-letters/runs/{id}",
    tag = "operation",
    params(("id" = String, Path, description = "ID of the run.", example = "k3v9x2m7q4w8t5zn")),
    responses((status = 200, description = "The run.", body = DeadLetterRun), NotFound, Refusals),
)]
async fn stop_dead_letter_run(
    State(letters): State<Arc<DeadLetters>>,
    Checked(Path(id)): Checked<Path<String>>,
    Asked(Nothing): Asked<Nothing>,
) -> Result<Json<DeadLetterRun>, Problem> {
    let run = letters.run(&id)?;
    run.stop();
    // It may be retrying a call; then the response shows it as still running.
    let _ = timeout(ANSWER_WITHIN, run.ended()).await;
    Ok(Json(letters.shown(&run)))
}

async fn settle(
    letters: &DeadLetters,
    settlement: Settlement,
    request: DeadLettersRequest,
) -> Result<Response, Problem> {
    let run = letters.begin(settlement, chosen(request)?).await?;
    let has_ended = timeout(ANSWER_WITHIN, run.ended()).await.is_ok();
    let shown = letters.shown(&run);
    if shown.state == RunState::Failed {
        let reason = shown.reason.unwrap_or_default();
        return Err(Problem::unavailable(
            format!("{reason}; {} of {} left", shown.left, shown.total),
            RETRY_UNAVAILABLE,
        ));
    }
    let status = if has_ended { StatusCode::OK } else { StatusCode::ACCEPTED };
    let location = [(LOCATION, format!("/v1/dead-letters/runs/{}", shown.id))];
    Ok((status, location, Json(shown)).into_response())
}

/// The selected IDs; `None` for all.
fn chosen(request: DeadLettersRequest) -> Result<Option<Vec<LetterId>>, Violation> {
    let DeadLettersRequest { ids, all } = request;
    match (ids.len(), all) {
        (0, true) => Ok(None),
        (1..=MAX_IDS, false) => {
            let id = |(index, id): (usize, &String)| {
                id.parse().map_err(|Violation { reason, .. }| Violation::new(format!("ids[{index}]"), reason))
            };
            ids.iter().enumerate().map(id).collect::<Result<_, _>>().map(Some)
        }
        (0, false) => Err(Violation::new("ids", "is missing: specify either ids or all = true")),
        (_, true) => Err(Violation::new("ids", "must not be combined with all = true")),
        (count, false) => Err(Violation::new("ids", format!("has {count} items, the limit is {MAX_IDS}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(count: usize, all: bool) -> Result<Option<Vec<LetterId>>, String> {
        let ids = (0..count).map(|offset| format!("metrics.dead-0-{offset}")).collect();
        chosen(DeadLettersRequest { ids, all }).map_err(|violation| violation.to_string())
    }

    #[test]
    fn either_ids_or_all_are_meant() {
        assert_eq!(asked(0, true), Ok(None));
        let Ok(Some(ids)) = asked(MAX_IDS, false) else { panic!("as many as the limit are taken") };
        assert_eq!(ids.len(), MAX_IDS);
        assert_eq!(asked(1001, false).unwrap_err(), "ids: has 1001 items, the limit is 1000");
        assert!(asked(0, false).unwrap_err().starts_with("ids: is missing"));
        assert!(asked(1, true).unwrap_err().starts_with("ids: must not be combined with all"));
    }

    #[test]
    fn a_malformed_id_is_named_by_its_index() {
        let ids = vec!["metrics.dead-0-1".to_owned(), "7".to_owned()];
        let refused = chosen(DeadLettersRequest { ids, all: false }).unwrap_err().to_string();
        assert_eq!(refused, "ids[1]: must be an ID from the list, such as metrics.dead-0-42; is \"7\"");
    }
}
