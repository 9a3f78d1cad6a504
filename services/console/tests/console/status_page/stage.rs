//! Two status pages over the embedded stores.

use crate::visit::{Answer, ask, ports};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_console::Console;
use watchkeeper_domain::{
    Incident, IncidentStatus, IncidentUpdate, Maintenance, Note, Rollup, Sample, Series, SeriesRollups,
    Timestamp, Window,
};
use watchkeeper_letters::Letters;
use watchkeeper_ports::{IncidentStore as _, RollupStore as _};
use watchkeeper_query::StatusPages;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::{Access, Tokens};
use watchkeeper_test_kit::World;

pub(super) const PUBLIC: &str = "customers";
pub(super) const PRIVATE: &str = "staff";
const MINUTE: Duration = Duration::from_secs(60);
const SHA256_OF_FOO: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

/// A target, and how its last checks went.
pub(super) struct Probe {
    target: &'static str,
    is_up: bool,
    pub(super) group: &'static str,
    pub(super) labels: Vec<(&'static str, &'static str)>,
    pub(super) reason: Option<&'static str>,
}

/// A target of the group `web` that is `up` or `down`.
pub(super) fn probe(target: &'static str, state: &str) -> Probe {
    Probe { target, is_up: state == "up", group: "web", labels: Vec::new(), reason: None }
}

impl Probe {
    fn series(&self) -> Arc<Series> {
        let own = [("target", self.target), ("group", self.group)];
        let labels: Vec<_> = own.into_iter().chain(self.labels.iter().copied()).collect();
        Arc::new(Series::new("uptime", "availability_percent", "percent", &labels).unwrap())
    }

    /// A check in each of the last minutes.
    fn samples(&self, now: Timestamp) -> Vec<Sample> {
        let sample = |minutes: u32| {
            let value = if self.is_up { 100.0 } else { 0.0 };
            let sample = Sample::new(self.series(), now.minus(MINUTE * minutes), value);
            match self.reason {
                Some(reason) => sample.with_note(Note::new(reason).unwrap()),
                None => sample,
            }
        };
        (0..5).rev().map(sample).collect()
    }
}

/// The console, with and without tokens.
pub(super) struct Stage {
    pub(super) open: Router,
    pub(super) guarded: Router,
    pub(super) world: World,
}

impl Stage {
    pub(super) async fn with(probes: impl IntoIterator<Item = Probe>) -> Self {
        Self::choosing("groups = [\"web\"]", probes).await
    }

    /// With pages that choose their targets by these keys.
    pub(super) async fn choosing(keys: &str, probes: impl IntoIterator<Item = Probe>) -> Self {
        let (world, now) = (World::new(), Timestamp::now());
        let samples: Vec<_> = probes.into_iter().flat_map(|probe| probe.samples(now)).collect();
        world.store(&samples).await;
        world.cache(&samples).await;
        let text = format!(
            "[[token]]\nname = \"reader\"\nscopes = [\"read\"]\nsha256 = \"{SHA256_OF_FOO}\"\n\
             [[status_page]]\nname = \"{PUBLIC}\"\ntitle = \"Example\"\npublic = true\nhistory_days = 30\n\
             contact = \"mailto:help@example.org\"\n{keys}\n\
             [status_page.display_names]\nshop = \"Web shop\"\n\
             [[status_page]]\nname = \"{PRIVATE}\"\ntitle = \"Example for staff\"\n\
             url = \"https://status.example.org\"\n{keys}\n"
        );
        let document = Document::parse("watchkeeper.toml", &text).unwrap();
        let (tokens, pages) = document.read(|root| (Tokens::read(root), StatusPages::read(root))).unwrap();
        let letters = Letters::new(world.bus.clone());
        let rules = Reloadable::new(RuleSet::default());
        let context = RoleContext::detached("console");
        let console = Console::new(context, ports(&world), letters, rules, Arc::default())
            .with_status_pages(Reloadable::new(pages));
        let (open, guarded) = (console.router(&Access::open()), console.router(&Access::new(tokens)));
        Self { open, guarded, world }
    }

    /// Daily rollups of a target: so many days ago, and its availability.
    pub(super) async fn roll_up(&self, target: &'static str, days: &[(u32, f64)]) {
        let today = Window::Day.start(Timestamp::now());
        let mut rollups: Vec<_> = days
            .iter()
            .map(|&(ago, avg)| Rollup {
                start: today.minus(Window::Day.length() * ago),
                avg,
                min: 0.0,
                max: 100.0,
                count: 1_000,
                p95: 100.0,
            })
            .collect();
        rollups.sort_by_key(|rollup| rollup.start);
        let rollups = [SeriesRollups { series: probe(target, "up").series(), rollups }];
        self.world.rollups.put(Window::Day, &rollups).await.unwrap();
    }

    pub(super) async fn announce(&self, incidents: impl IntoIterator<Item = Incident>) {
        for incident in incidents {
            assert!(self.world.incidents.put(&incident).await.unwrap());
        }
    }
}

/// The answer to somebody with a token that may read.
pub(super) async fn with_token(router: &Router, path: &str) -> Answer {
    let request =
        Request::get(path).header("host", "watch.example:8460").header("authorization", "Bearer foo");
    ask(router, request.body(Body::empty()).unwrap()).await
}

/// The instant so many minutes ago.
pub(super) fn minutes_ago(minutes: u32) -> Timestamp {
    Timestamp::now().minus(MINUTE * minutes)
}

pub(super) fn update(at: Timestamp, status: IncidentStatus, text: &str) -> IncidentUpdate {
    IncidentUpdate { at, status, text: text.to_owned(), by: "secret author".to_owned() }
}

/// An incident that began an hour ago.
pub(super) fn incident(id: &str) -> Incident {
    Incident {
        id: id.to_owned(),
        title: format!("The shop is slow ({id})"),
        pages: vec![PUBLIC.to_owned()],
        affected: vec!["Web shop".to_owned()],
        maintenance: None,
        updates: vec![update(minutes_ago(60), IncidentStatus::Investigating, "We are looking into it.")],
    }
}

/// Maintenance that began an hour ago, and lasts for another.
pub(super) fn maintenance(id: &str, affected: &str) -> Incident {
    let now = Timestamp::now();
    let planned = Maintenance { starts_at: now.minus(60 * MINUTE), ends_at: now.plus(60 * MINUTE) };
    Incident {
        maintenance: Some(planned),
        affected: vec![affected.to_owned()],
        updates: vec![update(minutes_ago(90), IncidentStatus::Scheduled, "New disks.")],
        ..incident(id)
    }
}
