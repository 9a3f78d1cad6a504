//! Asking the console as a browser does.

use crate::world::World;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tower::ServiceExt as _;
use watchkeeper_config::Reloadable;
use watchkeeper_console::{Console, ConsolePorts};
use watchkeeper_domain::event::{EventIds, Fields};
use watchkeeper_domain::{Event, Level, Sample, Timestamp};
use watchkeeper_letters::Letters;
use watchkeeper_ports::{EventQueries, Group, Topic};
use watchkeeper_rules::RuleSet;
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

/// The pages, and what they show.
pub(crate) struct Shown {
    router: Router,
    world: watchkeeper_test_kit::World,
}

impl Shown {
    /// The backend.
    pub(crate) fn world(&self) -> &watchkeeper_test_kit::World {
        &self.world
    }
}

impl Deref for Shown {
    type Target = Router;

    fn deref(&self) -> &Router {
        &self.router
    }
}

pub(crate) async fn console(world: World) -> Shown {
    console_of(RoleContext::detached("console"), world).await
}

/// The same, in the process of `context`.
pub(crate) async fn console_of(context: RoleContext, world: World) -> Shown {
    let rules = Arc::clone(&world.rules);
    let world = world.kept().await;
    Shown { router: pages(context, &world, rules), world }
}

/// The ports of a backend.
pub(crate) fn ports(world: &watchkeeper_test_kit::World) -> ConsolePorts {
    ConsolePorts {
        bus: world.bus.clone(),
        samples: world.samples.clone(),
        events: world.events.clone(),
        answers: world.answers.clone(),
        rollups: world.rollups.clone(),
        latest: world.latest.clone(),
        alerts: world.alerts.clone(),
        notifications: world.notifications.clone(),
        silences: world.silences.clone(),
        incidents: world.incidents.clone(),
    }
}

/// The pages of a console that runs on this backend.
pub(crate) fn pages(
    context: RoleContext,
    world: &watchkeeper_test_kit::World,
    rules: Arc<RuleSet>,
) -> Router {
    pages_for(context, world, rules, &Access::open())
}

/// The same, with other answers to queries of events.
pub(crate) fn pages_with_events(
    world: &watchkeeper_test_kit::World,
    events: Arc<dyn EventQueries>,
) -> Router {
    pages_of(
        RoleContext::detached("console"),
        ConsolePorts { events, ..ports(world) },
        Arc::default(),
        &Access::open(),
    )
}

/// The same, for those who have access.
pub(crate) fn pages_for(
    context: RoleContext,
    world: &watchkeeper_test_kit::World,
    rules: Arc<RuleSet>,
    access: &Access,
) -> Router {
    pages_of(context, ports(world), rules, access)
}

fn pages_of(context: RoleContext, ports: ConsolePorts, rules: Arc<RuleSet>, access: &Access) -> Router {
    let letters = Letters::at_most(MAX_LETTERS, Arc::clone(&ports.bus));
    let groups = [Group::PERSISTER, Group::CACHE, Group::NOTIFIER];
    let consumers = groups.map(|group| (Topic::METRICS, group)).into();
    let console = Console::new(context, ports, letters, Reloadable::new(rules), consumers);
    let router = console.router(access);
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

/// Sends a form.
pub(crate) async fn post(router: &Router, path: &str, form: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    ask(router, request.body(Body::from(body)).unwrap()).await
}

/// The page at `path`, which must be there.
pub(crate) async fn page(world: World, path: &str) -> Answer {
    let shown = console(world).await;
    let answer = get(&shown, path).await;
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

/// What a service said so many seconds ago.
pub(crate) fn event(service: &str, level: Level, message: &str, seconds_ago: u64) -> Event {
    static IDS: LazyLock<Mutex<EventIds>> = LazyLock::new(|| Mutex::new(EventIds::new(7)));
    Event {
        id: IDS.lock().unwrap().next(Timestamp::now()),
        occurred_at: ago(seconds_ago),
        level,
        service: service.to_owned(),
        host: "web-1".to_owned(),
        message: message.to_owned(),
        fields: Fields::new(),
    }
}

/// A sample that was collected so many seconds ago.
pub(crate) fn sample(name: &str, labels: &[(&str, &str)], value: f64, seconds_ago: u64) -> Sample {
    watchkeeper_test_kit::sample(name, labels, ago(seconds_ago), value)
}

pub(crate) fn world(samples: impl IntoIterator<Item = Sample>) -> World {
    World { samples: samples.into_iter().collect(), ..World::default() }
}
