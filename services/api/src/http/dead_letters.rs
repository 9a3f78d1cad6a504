//! `/v1/dead-letters`.

use super::asked::Asked;
use super::questions::{LettersQuestion, Nothing};
use super::refusals::{BodyRefusals, NotFound, NotReplayable, Refusals};
use crate::dead_letters::{DeadLetters, Replayed, Which};
use axum::Json;
use axum::extract::{Path, State};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watchkeeper_domain::Violation;
use watchkeeper_runtime::http::{Checked, Problem};
use watchkeeper_wire::dead_letter::LetterId;
use watchkeeper_wire::json::{DeadLetterJson, DeadLetterList, ReplayAnswer, ReplayRequest};

/// Most ids in one request to replay.
const MAX_IDS: usize = ReplayRequest::MAX_IDS;

/// What may be read.
pub(super) fn router(letters: Arc<DeadLetters>) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(list_dead_letters))
        .routes(routes!(get_dead_letter))
        .with_state(letters)
}

/// What changes something.
pub(super) fn admin_router(letters: Arc<DeadLetters>) -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(replay_dead_letters)).with_state(letters)
}

/// List dead letters
///
/// The records that were rejected and were not replayed since, those of one partition in the order they were
/// rejected in. A page holds fewer than `limit` when the records are large.
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
    Ok(Json(DeadLetterList { dead_letters: page.letters, next_page: page.next.map(|id| id.to_string()) }))
}

/// Get one dead letter
///
/// A rejected record with its original bytes, also after it was replayed. Of one that is too large for a letter there
/// is the head, and `truncated` says what it was.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/{id}",
    tag = "operation",
    params(("id" = String, Path, description = "Its `id` in the list.", example = "metrics.dead-0-42")),
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
/// Sends the records to the topics they were on, as they were, and marks them as replayed; if one of the ids
/// does not wait to be replayed, none is. A record that is rejected again becomes a new dead letter. The record of a
/// letter that is `truncated` is read at its position and compared by its hash; one that is not to be had whole any
/// more is not replayed. Needs the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/dead-letters/replay",
    tag = "operation",
    request_body(content = ReplayRequest, description = "Either `ids` or `all`."),
    responses(
        (status = 200, description = "What was done.", body = ReplayAnswer),
        NotFound,
        NotReplayable,
        BodyRefusals,
        Refusals,
    ),
)]
async fn replay_dead_letters(
    State(letters): State<Arc<DeadLetters>>,
    Asked(Nothing): Asked<Nothing>,
    Checked(Json(request)): Checked<Json<ReplayRequest>>,
) -> Result<Json<ReplayAnswer>, Problem> {
    let which = which(request)?;
    // In a task of its own, so that a caller who hangs up leaves nothing half done.
    let replay = tokio::spawn(async move { letters.replay(which).await });
    let Replayed { replayed, waiting, not_replayable } = replay.await.map_err(|_| Problem::internal())??;
    tracing::info!(replayed, waiting, not_replayable, "dead letters replayed");
    Ok(Json(ReplayAnswer { replayed: replayed as u64, waiting, not_replayable: not_replayable as u64 }))
}

fn which(request: ReplayRequest) -> Result<Which, Violation> {
    let ReplayRequest { ids, all } = request;
    match (ids.len(), all) {
        (0, true) => Ok(Which::All),
        (1..=MAX_IDS, false) => {
            let id = |(index, id): (usize, &String)| {
                id.parse().map_err(|Violation { reason, .. }| Violation::new(format!("ids[{index}]"), reason))
            };
            ids.iter().enumerate().map(id).collect::<Result<_, _>>().map(Which::Ids)
        }
        (0, false) => Err(Violation::new("ids", "is missing, and all is not true: give one of them")),
        (_, true) => Err(Violation::new("ids", "is given and all is true: give one of them")),
        (count, false) => Err(Violation::new("ids", format!("has {count} items, the limit is {MAX_IDS}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(count: usize, all: bool) -> Result<Which, String> {
        let ids = (0..count).map(|offset| format!("metrics.dead-0-{offset}")).collect();
        which(ReplayRequest { ids, all }).map_err(|violation| violation.to_string())
    }

    #[test]
    fn either_ids_or_all_are_replayed() {
        assert_eq!(asked(0, true), Ok(Which::All));
        let Ok(Which::Ids(ids)) = asked(MAX_IDS, false) else { panic!("as many as the limit are taken") };
        assert_eq!(ids.len(), MAX_IDS);
        assert_eq!(asked(1001, false).unwrap_err(), "ids: has 1001 items, the limit is 1000");
        assert!(asked(0, false).unwrap_err().starts_with("ids: is missing"));
        assert!(asked(1, true).unwrap_err().starts_with("ids: is given and all is true"));
    }

    #[test]
    fn a_malformed_id_is_named_by_its_index() {
        let ids = vec!["metrics.dead-0-1".to_owned(), "7".to_owned()];
        let refused = which(ReplayRequest { ids, all: false }).unwrap_err().to_string();
        assert_eq!(refused, "ids[1]: must be as in the list, such as metrics.dead-0-42; is \"7\"");
    }
}
