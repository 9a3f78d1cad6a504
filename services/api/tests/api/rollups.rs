//! Rollups: stored ones, and ones computed on request.

use crate::away::away;
use crate::platform::{Platform, at, ports, sample, soon};
use async_trait::async_trait;
use axum::http::StatusCode;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};
use tonic::{Code, Status, Streaming};
use watchkeeper_api::{ApiConfig, ApiPorts};
use watchkeeper_domain::{
    RangeQuery, Rollup, RollupQuery, Sample, Series, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp,
    Window,
};
use watchkeeper_ports::{Page, PortError, SampleQueries, SeriesPage};
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::World;
use watchkeeper_wire::proto::v1;
use watchkeeper_wire::proto::v1::metrics_client::MetricsClient;

/// The rollups of `source/name{host=…}`.
pub(crate) fn rolled_up(source: &str, name: &str, host: &str, rollups: &[Rollup]) -> SeriesRollups {
    let series = Arc::new(Series::new(source, name, "", &[("host", host)]).unwrap());
    SeriesRollups { series, rollups: rollups.to_vec() }
}

/// The rollup of one value.
pub(crate) fn rollup(start: &str, value: f64) -> Rollup {
    Rollup { start: start.parse().unwrap(), avg: value, min: value, max: value, count: 1, p95: value }
}

/// The hours of a day from ten to noon.
fn two_hours() -> RollupQuery {
    let (from, to) = (at("10:00:00").parse().unwrap(), at("12:00:00").parse().unwrap());
    RollupQuery::new(SeriesFilter::default(), Window::Hour, from, to).unwrap()
}

#[tokio::test]
async fn the_rollups_that_are_kept_are_given_page_by_page() {
    let platform = Platform::start().await;
    let first =
        Rollup { start: at("10:00:00").parse().unwrap(), avg: 2.0, min: -1.0, max: 4.0, count: 4, p95: 3.5 };
    let of = |host| rolled_up("host", "load", host, &[first, rollup(&at("11:00:00"), 7.0)]);
    platform.keep(&[of("a"), of("b"), of("c")]).await;
    let path = format!("/v1/rollups?from={}&to={}&limit=2", at("10:00:00"), at("11:59:59"));
    let page = platform.answer(&path).await;
    let series = json!({
        "source": "host",
        "name": "load",
        "labels": { "host": "a" },
        "rollups": [{ "start": at("10:00:00"), "avg": 2.0, "min": -1.0, "max": 4.0, "count": 4, "p95": 3.5 }],
    });
    assert_eq!(
        (&page["window"], &page["to"], &page["series"][0]),
        (&json!("hour"), &json!(at("11:00:00")), &series)
    );
    assert_eq!(page["series"].as_array().unwrap().len(), 2);
    let rest = platform.answer(&format!("{path}&page={}", page["next_page"].as_str().unwrap())).await;
    assert_eq!((&rest["series"][0]["labels"]["host"], rest.get("next_page")), (&json!("c"), None));
    assert_eq!(platform.answer(&format!("{path}&window=day&label.host=a")).await["series"], json!([]));
}

#[tokio::test]
async fn the_same_is_answered_over_grpc() {
    let platform = Platform::start().await;
    let of = |host| rolled_up("host", "load", host, &[rollup(&at("10:00:00"), 1.0)]);
    platform.keep(&[of("a"), of("b")]).await;
    let mut client = MetricsClient::new(platform.channel().await);
    let v1::RollUpRequest { filter, window, from, to } = (&two_hours()).into();
    let list = v1::ListRollupsRequest { filter, window, from, to, page_size: 1, page_token: String::new() };
    let first = client.list_rollups(list.clone()).await.unwrap().into_inner();
    assert_eq!(first.series, [(&of("a")).into()]);
    let rest = v1::ListRollupsRequest { page_token: first.next_page_token, ..list };
    let rest = client.list_rollups(rest).await.unwrap().into_inner();
    assert_eq!((rest.series, rest.next_page_token), (vec![(&of("b")).into()], String::new()));
}

#[tokio::test]
async fn rollups_are_made_of_the_samples_of_every_series() {
    let platform = Platform::start().await;
    let hosts: Vec<_> = (0..40).map(|host| format!("h{host:02}")).collect();
    let samples: Vec<_> =
        hosts.iter().map(|host| sample("host", "load", host, &at("10:30:00"), 1.0)).collect();
    platform.store(&samples).await;
    let mut client = MetricsClient::new(platform.channel().await);
    let oldest = client.get_oldest(v1::GetOldestRequest {}).await.unwrap().into_inner();
    assert_eq!(Option::<Timestamp>::try_from(oldest), Ok(Some(samples[0].collected_at)));

    let mut made = client.roll_up(v1::RollUpRequest::from(&two_hours())).await.unwrap().into_inner();
    for host in &hosts {
        let series = soon(made.message()).await.unwrap().unwrap().series.unwrap();
        let expected = rolled_up("host", "load", host, &[rollup(&at("10:00:00"), 1.0)]);
        assert_eq!(SeriesRollups::try_from(series), Ok(expected));
    }
    assert!(soon(made.message()).await.unwrap().is_none());
    let refused = client.roll_up(v1::RollUpRequest::default()).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, "from: is missing"));
}

#[tokio::test]
async fn without_the_rollups_that_are_kept_every_other_question_is_answered() {
    let world = World::new();
    world.rollups.fail_all(away());
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    soon(platform.context.roster().ready()).await;
    let (status, problem) = platform.get("/v1/rollups").await;
    assert_eq!(
        (status, &problem["detail"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("the store is not available"))
    );
    for path in ["/v1/series", "/v1/latest", "/v1/samples", "/v1/range", "/v1/status"] {
        platform.answer(path).await;
    }
}

/// A store that refuses to roll up one host, and waits before every page but the first.
struct Staged {
    samples: Arc<dyn SampleQueries>,
    refuses: &'static str,
    allowed: Semaphore,
    /// A caller is waiting for a page.
    waiting: Notify,
    /// The caller is gone.
    ended: Notify,
}

impl Staged {
    /// An api on such a store, which has two pages of hosts: `h00`, `h01` …
    async fn refusing(refuses: &'static str, allowed: usize) -> (Arc<Self>, Platform, World) {
        let world = World::new();
        let ports = ports(&world);
        let staged = Arc::new(Self {
            samples: ports.samples.clone(),
            refuses,
            allowed: Semaphore::new(allowed),
            waiting: Notify::new(),
            ended: Notify::new(),
        });
        let ports = ApiPorts { samples: staged.clone(), ..ports };
        let platform = Platform::on(ports, ApiConfig::default(), &Access::open());
        let samples =
            (0..20).map(|host| sample("host", "load", &format!("h{host:02}"), &at("10:30:00"), 1.0));
        world.store(&samples.collect::<Vec<_>>()).await;
        (staged, platform, world)
    }
}

/// Tells that a wait has ended, one way or the other.
struct Ended<'e>(&'e Notify);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[async_trait]
impl SampleQueries for Staged {
    async fn roll_up(&self, query: &RollupQuery, page: &Page) -> Result<Vec<SeriesRollups>, PortError> {
        if page.after.is_some() {
            let _ended = Ended(&self.ended);
            self.waiting.notify_one();
            self.allowed.acquire().await.unwrap().forget();
        }
        let rolled_up = self.samples.roll_up(query, page).await?;
        match rolled_up.iter().find(|made| made.series.label("host") == Some(self.refuses)) {
            Some(made) => Err(PortError::Rejected { what: "store", reason: format!("not {}", made.series) }),
            None => Ok(rolled_up),
        }
    }

    async fn series(&self, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, PortError> {
        self.samples.series(filter, page).await
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        unreachable!("only rolled up")
    }

    async fn latest(&self, _: &SeriesFilter, _: &Page, _: Timestamp) -> Result<Vec<Sample>, PortError> {
        unreachable!("only rolled up")
    }

    async fn newest(&self, _: &SeriesFilter, _: usize, _: Timestamp) -> Result<Vec<Sample>, PortError> {
        unreachable!("only rolled up")
    }

    async fn range(&self, _: &RangeQuery, _: usize) -> Result<Vec<SeriesPoints>, PortError> {
        unreachable!("only rolled up")
    }
}

async fn roll_up(platform: &Platform) -> Result<Streaming<v1::RollUpResponse>, Status> {
    let mut client = MetricsClient::new(platform.channel().await);
    Ok(soon(client.roll_up(v1::RollUpRequest::from(&two_hours()))).await?.into_inner())
}

/// A response whose first page is done and whose second is being computed.
async fn begun(platform: &Platform, store: &Staged) -> Streaming<v1::RollUpResponse> {
    let made = roll_up(platform).await.unwrap();
    soon(store.waiting.notified()).await;
    made
}

#[tokio::test]
async fn a_series_that_cannot_be_rolled_up_is_left_out() {
    for refuses in ["h00", "h07", "h19"] {
        let (_store, platform, _dir) = Staged::refusing(refuses, 1_000).await;
        let (mut made, mut hosts) = (roll_up(&platform).await.unwrap(), BTreeSet::new());
        while let Some(message) = soon(made.message()).await.unwrap() {
            let series = message.series.and_then(|made| made.series).unwrap();
            assert!(hosts.insert(series.labels["host"].clone()), "each once");
        }
        assert_eq!((hosts.len(), hosts.contains(refuses)), (19, false));
    }
}

#[tokio::test]
async fn the_work_ends_when_the_caller_hangs_up() {
    let (store, platform, _dir) = Staged::refusing("none", 0).await;
    drop(begun(&platform, &store).await);
    soon(store.ended.notified()).await;
}

#[tokio::test]
async fn no_more_is_made_at_once_than_the_limit_until_one_has_gone() {
    let (store, platform, _dir) = Staged::refusing("none", 0).await;
    let (first, _second) = (begun(&platform, &store).await, begun(&platform, &store).await);
    let refused = roll_up(&platform).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(
        refused.message().starts_with("2 rollup requests are in progress, which is the limit"),
        "{refused}"
    );
    drop(first);
    soon(store.ended.notified()).await;
    // The permit is returned a moment after the store has noticed.
    let taken = async {
        while let Err(refused) = roll_up(&platform).await {
            assert_eq!(refused.code(), Code::Unavailable);
        }
    };
    soon(taken).await;
}

#[tokio::test]
async fn a_role_that_stops_breaks_off_with_an_error() {
    let (store, platform, _dir) = Staged::refusing("none", 0).await;
    let mut made = begun(&platform, &store).await;
    platform.context.shutdown().cancel();
    store.allowed.add_permits(1);
    let broken_off = loop {
        match soon(made.message()).await {
            Ok(message) => assert!(message.is_some(), "an answer that just ends is taken as whole"),
            Err(broken_off) => break broken_off,
        }
    };
    assert_eq!(broken_off.code(), Code::Unavailable);
}
