//! The forms of the alerts pages. Each is answered by a redirect to the page, which says what became of it; a silence that
//! was refused by its form again, with the error at the field.

use super::Console;
use super::alerts::{name_of, read_back};
use super::fields::Fields;
use crate::links;
use crate::page::{DURATION, Done, Typed};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::AlertKey;
use watchkeeper_query::{
    Acknowledge, ChangeError, Retry, TRY_AGAIN_AFTER, first_alerts, read_silence, retry_notification,
};
use watchkeeper_runtime::http::{Caller, Checked, Problem};
use watchkeeper_wire::json::{AcknowledgeRequest, UnacknowledgeRequest};

type Body = Checked<String>;

/// Creates a silence. With `alert`, of that firing alert, for two hours; with `check`, only counts what it would mute.
pub(super) async fn silence(
    State(console): State<Console>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
    Checked(body): Body,
) -> Result<Response, Problem> {
    let (now, fields) = (Timestamp::now(), Fields::of_body(&body));
    let (reader, back) = (name_of(caller), read_back(&fields));
    let typed = match fields.given("alert") {
        Some(id) => match of_alert(&console, &id, &reader).await? {
            Some(typed) => typed,
            None => return Ok(to_page(&fields, Done::NotFiring)),
        },
        None => typed(&fields),
    };
    if fields.given("check").is_some() {
        return console.silence_form(typed, back, None, &headers).await;
    }
    let caller = Some(reader.as_str()).filter(|name| !name.is_empty());
    let refused = match read_silence(typed.request(), caller, now) {
        Ok(silence) => match console.sources.silence_changes.create(silence, now).await {
            Ok(_) => return Ok(to_page(&fields, Done::Silenced)),
            Err(ChangeError::Conflict(reason)) => Violation::new("silences", reason),
            Err(error) => return Err(problem(error)),
        },
        Err(refused) => refused,
    };
    let form = console.silence_form(typed, back, Some(&refused), &headers).await?;
    Ok((StatusCode::BAD_REQUEST, form).into_response())
}

fn typed(fields: &Fields) -> Typed {
    Typed {
        matchers: fields.one("matchers").to_owned(),
        duration: fields.one("duration").to_owned(),
        other: fields.one("other").to_owned(),
        by: fields.one("by").to_owned(),
        comment: fields.one("comment").to_owned(),
    }
}

/// What the form of the firing alert with this id has, if it fires.
async fn of_alert(console: &Console, id: &str, reader: &str) -> Result<Option<Typed>, Problem> {
    let all = first_alerts(&*console.sources.alerts).await?.alerts;
    let alert = all.iter().find(|alert| alert.is_firing() && AlertKey::of(alert).id() == id);
    Ok(alert.map(|alert| {
        let matchers: Vec<_> = alert.matchers().iter().map(ToString::to_string).collect();
        Typed {
            matchers: matchers.join("\n"),
            duration: DURATION.to_owned(),
            by: reader.to_owned(),
            ..Typed::default()
        }
    }))
}

/// Ends a silence: `id`.
pub(super) async fn end_silence(
    State(console): State<Console>,
    Checked(body): Body,
) -> Result<Response, Problem> {
    let fields = Fields::of_body(&body);
    let ended = console.sources.silence_changes.end(fields.one("id"), Timestamp::now()).await;
    let done = match ended {
        Ok(_) => Done::SilenceEnded,
        Err(ChangeError::NotFound(_)) => Done::NoSilence,
        Err(error) => return Err(problem(error)),
    };
    Ok(to_page(&fields, done))
}

/// Acknowledges a firing alert: `id`, and perhaps `by` and `comment`.
pub(super) async fn acknowledge(
    State(console): State<Console>,
    caller: Option<Extension<Caller>>,
    Checked(body): Body,
) -> Result<Response, Problem> {
    let fields = Fields::of_body(&body);
    let request = AcknowledgeRequest {
        id: Some(fields.one("id").to_owned()),
        by: fields.given("by"),
        comment: fields.given("comment").unwrap_or_default(),
        ..AcknowledgeRequest::default()
    };
    let reader = name_of(caller);
    let caller = Some(reader.as_str()).filter(|name| !name.is_empty());
    let read = Acknowledge::read(request, caller, Timestamp::now());
    let read = read.map_err(|refused| Problem::bad_request(refused.field, refused.reason))?;
    apply(&console, read, &fields, Done::Acknowledged).await
}

/// Takes the acknowledgement of a firing alert back: `id`.
pub(super) async fn unacknowledge(
    State(console): State<Console>,
    Checked(body): Body,
) -> Result<Response, Problem> {
    let fields = Fields::of_body(&body);
    let id = Some(fields.one("id").to_owned());
    let read = Acknowledge::read_taking_back(UnacknowledgeRequest { id, matchers: Vec::new() });
    let read = read.map_err(|refused| Problem::bad_request(refused.field, refused.reason))?;
    apply(&console, read, &fields, Done::TakenBack).await
}

async fn apply(
    console: &Console,
    change: Acknowledge,
    fields: &Fields,
    done: Done,
) -> Result<Response, Problem> {
    let done = match change.apply(&*console.sources.alerts).await {
        Ok(_) => done,
        Err(ChangeError::NotFound(_)) => Done::NotFiring,
        Err(error) => return Err(problem(error)),
    };
    Ok(to_page(fields, done))
}

/// Sends a notification now: `id`.
pub(super) async fn retry(State(console): State<Console>, Checked(body): Body) -> Result<Response, Problem> {
    let fields = Fields::of_body(&body);
    let store = &*console.sources.notifications;
    let done = match retry_notification(store, fields.one("id"), Timestamp::now()).await {
        Ok(Retry::Due) => Done::Due,
        Ok(Retry::UnderWay) => Done::UnderWay,
        Err(ChangeError::Conflict(_)) => Done::NotSent,
        Err(ChangeError::NotFound(_)) => Done::NoNotification,
        Err(error) => return Err(problem(error)),
    };
    Ok(to_page(&fields, done))
}

/// To the page of the alert that the fields name, or to that of all. Never to an address that was sent.
fn to_page(fields: &Fields, done: Done) -> Response {
    let to = match read_back(fields) {
        Some(back) => {
            let fired_at = back.fired_at.parse().ok();
            format!("{}&done={}", links::alert(&back.rule, &back.series, fired_at), done.name())
        }
        None => format!("/alerts?done={}", done.name()),
    };
    Redirect::to(&to).into_response()
}

fn problem(error: ChangeError) -> Problem {
    match error {
        ChangeError::NotFound(what) => Problem::not_found(&what),
        ChangeError::Conflict(reason) => Problem::new(StatusCode::CONFLICT, reason),
        ChangeError::TooMany(reason) => Problem::unavailable(reason, TRY_AGAIN_AFTER),
        ChangeError::Store(error) => error.into(),
    }
}
