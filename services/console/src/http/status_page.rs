//! The routes of status pages: a page, its JSON, feed and badges. A public page needs no token; the others need the scope
//! `read`.

mod answer;
mod kept;

pub(crate) use kept::Kept;

use super::assets::StatusAssets;
use super::{Console, address, with_policy};
use crate::gather::{Shown, status_page};
use crate::page::{Badge, Feed, StatusNotice, StatusPageView, status_page_json};
use answer::{Allowed, Document};
use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;
use tower::ServiceExt as _;
use tower_http::compression::CompressionLayer;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::{StatusPage, StatusPages};
use watchkeeper_runtime::http::{Access, Checked, Problem, Scope};

/// Where all of them begin.
const PREFIX: &str = "/status/";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const ATOM: &str = "application/atom+xml; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// What is made of a status page once for many readers.
pub(crate) struct Made {
    page: StatusPage,
    shown: Shown,
    html: Document,
    json: Document,
}

/// The routes with and without a token.
#[derive(Clone)]
struct Doors {
    pages: Reloadable<StatusPages>,
    open: Router,
    guarded: Router,
}

/// What the handlers of one of the routers know.
#[derive(Clone)]
struct Room {
    console: Console,
    /// Whether only readers with a token come here.
    is_guarded: bool,
}

/// Serves `/status/…`.
pub(super) fn router(console: &Console, access: &Access) -> Router {
    let routes = || {
        Router::new()
            .route("/status/{page}", get(page_or_json))
            .route("/status/{page}/feed.atom", get(feed))
            .route("/status/{page}/badge.svg", get(page_badge))
            .route("/status/{page}/badge/{file}", get(service_badge))
    };
    let guarded = routes().route_layer(access.require(Scope::Read)).fallback(no_such_page);
    let doors = Doors {
        pages: console.status_pages.clone(),
        open: routes()
            .fallback(no_such_page)
            .with_state(Room { console: console.clone(), is_guarded: false }),
        guarded: guarded.with_state(Room { console: console.clone(), is_guarded: true }),
    };
    let assets = Router::new().route("/status/assets/{file}", get(asset));
    let pages = Router::new().route("/status/{*path}", get(enter)).with_state(doors);
    assets.merge(pages).layer(CompressionLayer::new()).layer(axum::middleware::map_response(with_policy))
}

/// The path below [`PREFIX`] without percent-encoding.
#[derive(Debug, Deserialize)]
struct Decoded {
    path: String,
}

/// Asks for a token unless the page is public. Of a page that does not exist, a reader is told so without a token.
async fn enter(
    State(doors): State<Doors>,
    Path(Decoded { path }): Path<Decoded>,
    request: Request,
) -> Response {
    let name = path.split('/').next().unwrap_or_default();
    let name = name.strip_suffix(".json").unwrap_or(name);
    let needs_token = doors.pages.current().named(name).is_some_and(|page| !page.is_public);
    let router = if needs_token { doors.guarded } else { doors.open };
    router.oneshot(request).await.unwrap_or_else(|never| match never {})
}

async fn page_or_json(
    State(room): State<Room>,
    Path(Of { page: name }): Path<Of>,
    headers: HeaderMap,
) -> Response {
    match name.strip_suffix(".json") {
        None => match made(&room, &name).await {
            Ok(made) => made.html.answer(HTML, &headers, made.allowed(Allowed::Here)),
            Err(missing) => missing.into_page(),
        },
        Some(name) => match made(&room, name).await {
            Ok(made) => made.json.answer(JSON, &headers, made.allowed(Allowed::Everywhere)),
            Err(missing) => missing.into_problem(),
        },
    }
}

async fn feed(State(room): State<Room>, Path(Of { page: name }): Path<Of>, headers: HeaderMap) -> Response {
    let made = match made(&room, &name).await {
        Ok(made) => made,
        Err(missing) => return missing.into_problem(),
    };
    let path = format!("{PREFIX}{name}");
    let url = match &made.page.url {
        Some(url) => url.with_path(&path).expose().to_owned(),
        None => format!("http://{}{path}", address::of(&headers)),
    };
    let feed = Feed::new(&made.page, &made.shown, &url);
    rendered(&feed, |feed| feed.answer(ATOM, &headers, made.allowed(Allowed::Everywhere)))
}

async fn page_badge(
    State(room): State<Room>,
    Path(Of { page: name }): Path<Of>,
    headers: HeaderMap,
) -> Response {
    match made(&room, &name).await {
        Ok(made) => badge(&Badge::of_page(&made.shown), &made, &headers),
        Err(missing) => missing.into_problem(),
    }
}

/// The parameters of the paths; those of the outer router are there too.
#[derive(Debug, Deserialize)]
struct Of {
    page: String,
}

#[derive(Debug, Deserialize)]
struct OfFile {
    page: String,
    file: String,
}

/// What a badge of a service shows.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Show {
    #[default]
    State,
    Uptime,
}

#[derive(Debug, Deserialize)]
struct BadgeQuestion {
    #[serde(default)]
    show: Show,
}

async fn service_badge(
    State(room): State<Room>,
    Path(OfFile { page: name, file }): Path<OfFile>,
    Checked(Query(BadgeQuestion { show })): Checked<Query<BadgeQuestion>>,
    headers: HeaderMap,
) -> Response {
    let made = match made(&room, &name).await {
        Ok(made) => made,
        Err(missing) => return missing.into_problem(),
    };
    let id = file.strip_suffix(".svg");
    let Some(service) = made.shown.services().find(|service| Some(&*service.id) == id) else {
        return Problem::not_found("badge of that name").into_response();
    };
    let picture = match show {
        Show::State => Badge::of_state(service),
        Show::Uptime => Badge::of_uptime(service, made.page.history_days),
    };
    badge(&picture, &made, &headers)
}

fn badge(badge: &Badge, made: &Made, headers: &HeaderMap) -> Response {
    rendered(badge, |badge| badge.answer(SVG, headers, made.allowed(Allowed::Everywhere)))
}

async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    StatusAssets::get().serve(&file, &headers)
}

async fn no_such_page() -> Response {
    Missing::NoSuchPage.into_page()
}

/// Why there is nothing to show.
enum Missing {
    NoSuchPage,
    NotNow,
}

impl Missing {
    fn into_page(self) -> Response {
        let assets = StatusAssets::get();
        let (status, notice) = match self {
            Self::NoSuchPage => (StatusCode::NOT_FOUND, StatusNotice::no_such_page(assets)),
            Self::NotNow => (StatusCode::SERVICE_UNAVAILABLE, StatusNotice::not_now(assets)),
        };
        let page = rendered(&notice, |page| (status, Html(Body::from(page.body))).into_response());
        match self {
            Self::NoSuchPage => page,
            Self::NotNow => ([(RETRY_AFTER, kept::FRESH_FOR.as_secs())], page).into_response(),
        }
    }

    fn into_problem(self) -> Response {
        match self {
            Self::NoSuchPage => Problem::not_found("status page of that name").into_response(),
            Self::NotNow => {
                Problem::unavailable("the status is not available", kept::FRESH_FOR).into_response()
            }
        }
    }
}

impl Made {
    fn new(page: &StatusPage, shown: Shown) -> Option<Self> {
        let html = StatusPageView::new(StatusAssets::get(), page, &shown).render();
        let html = html.map_err(|error| tracing::error!(%error, "cannot render a status page")).ok()?;
        let json = status_page_json(page, &shown);
        let json =
            json.map_err(|error| tracing::error!(%error, "cannot write a status page as JSON")).ok()?;
        Some(Self { page: page.clone(), html: Document::new(html), json: Document::new(json), shown })
    }

    /// A page that needs a token is for its reader alone.
    fn allowed(&self, if_public: Allowed) -> Allowed {
        if self.page.is_public { if_public } else { Allowed::OneReader }
    }
}

/// What is shown on the page of this name, made anew if it is too old.
async fn made(Room { console, is_guarded }: &Room, name: &str) -> Result<Arc<Made>, Missing> {
    let pages = console.status_pages.current();
    let page = pages.named(name).filter(|page| page.is_public || *is_guarded);
    let page = page.ok_or(Missing::NoSuchPage)?;
    let make = async || {
        let shown = status_page(&console.sources, &console.rules.current(), page, Timestamp::now()).await;
        let shown =
            shown.map_err(|reason| tracing::warn!(page = name, error = %reason, "cannot make a status page"));
        Made::new(page, shown.ok()?).map(Arc::new)
    };
    console.made.get(&pages, name, make).await.ok_or(Missing::NotNow)
}

fn rendered(template: &impl Template, answer: impl FnOnce(Document) -> Response) -> Response {
    match template.render() {
        Ok(text) => answer(Document::new(text)),
        Err(error) => {
            tracing::error!(%error, "cannot render a part of a status page");
            ([(CACHE_CONTROL, "no-store")], Problem::internal()).into_response()
        }
    }
}
