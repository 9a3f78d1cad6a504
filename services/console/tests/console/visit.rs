//! Asking the console as a browser does.

use crate::fakes::World;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tower::ServiceExt as _;
use watchkeeper_config::Reloadable;
use watchkeeper_console::Console;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_letters::Letters;
use watchkeeper_ports::{Group, Topic};
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::Access;

/// The one instant that all samples are counted back from, so that their distances are exact.
static NOW: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);

/// Letters that the consoles of these tests list.
pub(crate) const MAX_LETTERS: usize = 200;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn assert_has(&self, text: &str) {
        assert!(self.body.contains(text), "{text:?} is not in:\n{}", self.body);
    }

    #[track_caller]
    pub(crate) fn assert_lacks(&self, text: &str) {
        assert!(!self.body.contains(text), "{text:?} is in:\n{}", self.body);
    }
}

pub(crate) fn console(world: World) -> Router {
    console_of(RoleContext::detached("console"), world)
}

/// The same, in the process of `context`.
pub(crate) fn console_of(context: RoleContext, world: World) -> Router {
    let (rules, ports) = (world.rules.clone(), world.ports());
    let letters = Letters::at_most(MAX_LETTERS, Arc::clone(&ports.bus));
    let groups = [Group::PERSISTER, Group::CACHE, Group::NOTIFIER];
    let consumers = groups.map(|group| (Topic::METRICS, group)).into();
    running(Console::new(context, ports, letters, Reloadable::new(rules), consumers))
}

/// The routes of a console that runs.
pub(crate) fn running(console: Console) -> Router {
    let router = console.router(&Access::open());
    tokio::spawn(console.run());
    router
}

pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

pub(crate) async fn get(router: &Router, path: &str) -> Answer {
    let request = Request::get(path).header("host", "watch.example:8460").body(Body::empty()).unwrap();
    ask(router, request).await
}

/// The page at `path`, which must be there.
pub(crate) async fn page(world: World, path: &str) -> Answer {
    let answer = get(&console(world), path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer
}

/// The instant so many seconds ago.
pub(crate) fn ago(seconds: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(seconds))
}

/// The instant in so many seconds.
pub(crate) fn ahead(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

/// A sample that was collected so many seconds ago.
pub(crate) fn sample(name: &str, labels: &[(&str, &str)], value: f64, seconds_ago: u64) -> Sample {
    let (source, name) = name.split_once('/').unwrap();
    let (name, unit) = name.split_once(' ').unwrap_or((name, ""));
    Sample {
        series: Arc::new(Series::new(source, name, unit, labels).unwrap()),
        collected_at: ago(seconds_ago),
        value,
    }
}

pub(crate) fn world(samples: impl IntoIterator<Item = Sample>) -> World {
    World { samples: samples.into_iter().collect(), ..World::default() }
}
