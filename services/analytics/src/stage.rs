//! What tests of the role play on: an api and a store that do as the test says, on the embedded backend.

use crate::api::ApiClient;
use crate::config::AnalyticsConfig;
use axum::Router;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use watchkeeper_domain::{
    Rollup, RollupQuery, Sample, Series, SeriesFilter, SeriesRollups, Timestamp, Window,
};
use watchkeeper_ports::{Page, RollupStore, SampleStore};
use watchkeeper_test_kit::{Staged, World};
use watchkeeper_wire::proto::v1::metrics_server::{Metrics, MetricsServer};
use watchkeeper_wire::proto::v1::{self, RollUpResponse};

/// Windows are made at once after five minutes, and again after an hour and a day.
pub(crate) fn config() -> AnalyticsConfig {
    let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
    AnalyticsConfig {
        api: None,
        token: None,
        settle: Duration::from_secs(5 * 60),
        corrections: vec![hours(1), hours(24)],
        hourly_retention: hours(730 * 24),
        daily_retention: hours(3_660 * 24),
    }
}

/// A minute of January: `20T10:30`.
pub(crate) fn time(day_and_minute: &str) -> Timestamp {
    format!("2026-01-{day_and_minute}:00Z").parse().unwrap()
}

/// The load of a host.
pub(crate) fn series(host: &str) -> Arc<Series> {
    watchkeeper_test_kit::series("host/load", &[("host", host)])
}

pub(crate) fn sample(host: &str, at: &str, value: f64) -> Sample {
    Sample::new(series(host), time(at), value)
}

/// The rollup of one value.
pub(crate) fn rollup(start: &str, value: f64) -> Rollup {
    Rollup { start: time(start), avg: value, min: value, max: value, count: 1, p95: value }
}

/// What the role plays on.
pub(crate) struct Stage {
    pub(crate) api: Arc<StagedApi>,
    pub(crate) rollups: Arc<Staged<dyn RollupStore>>,
    world: World,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let samples = world.samples.clone();
        Self {
            api: Arc::new(StagedApi { samples, asked: Mutex::default(), breaks_off: Mutex::default() }),
            rollups: world.rollups.clone(),
            world,
        }
    }

    pub(crate) async fn sampled(samples: &[Sample]) -> Self {
        let stage = Self::new();
        stage.append(samples).await;
        stage
    }

    pub(crate) async fn append(&self, samples: &[Sample]) {
        self.world.store(samples).await;
    }

    pub(crate) async fn prune_samples(&self, before: Timestamp) {
        self.api.samples.prune(before).await.unwrap();
    }

    /// The services of the api.
    pub(crate) fn router(&self) -> Router {
        let service = Service(Arc::clone(&self.api));
        Routes::new(MetricsServer::new(service)).into_axum_router()
    }

    pub(crate) fn client(&self) -> ApiClient {
        ApiClient::in_process(self.router())
    }

    /// All stored rollups of January.
    pub(crate) async fn kept(&self, window: Window) -> Vec<SeriesRollups> {
        let (from, to) = (time("01T00:00"), time("31T00:00"));
        let query = RollupQuery::new(SeriesFilter::default(), window, from, to).unwrap();
        self.rollups.rollups(&query, &Page::first(1_000)).await.unwrap()
    }
}

/// An api that may be unavailable, or abort responses.
pub(crate) struct StagedApi {
    samples: Arc<dyn SampleStore>,
    /// The queries it received.
    pub(crate) asked: Mutex<Vec<RollupQuery>>,
    /// After how many series each of the next answers breaks off; 0 refuses the call.
    pub(crate) breaks_off: Mutex<Vec<usize>>,
}

struct Service(Arc<StagedApi>);

impl Service {
    async fn rolled_up(&self, query: RollupQuery) -> Result<Vec<SeriesRollups>, Status> {
        let rolled_up = self.0.samples.roll_up(&query, &Page::first(1_000)).await.unwrap();
        self.0.asked.lock().unwrap().push(query);
        Ok(rolled_up)
    }
}

type Answers<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl Metrics for Service {
    type RollUpStream = Answers<RollUpResponse>;
    type StreamSamplesStream = Answers<v1::StreamSamplesResponse>;

    async fn roll_up(
        &self,
        request: Request<v1::RollUpRequest>,
    ) -> Result<Response<Self::RollUpStream>, Status> {
        let whole = self.rolled_up(request.into_inner().try_into().unwrap()).await?;
        let answers = whole.iter().map(|made| Ok(RollUpResponse { series: Some(made.into()) }));
        let answers: Vec<_> = answers.collect();
        let broken = || Status::unavailable("the store is not available");
        let breaks_off = self.0.breaks_off.lock().unwrap().pop();
        match breaks_off {
            None => Ok(Response::new(stream::iter(answers).boxed())),
            Some(0) => Err(broken()),
            Some(after) => {
                let begun = answers.into_iter().take(after).chain([Err(broken())]);
                Ok(Response::new(stream::iter(begun).boxed()))
            }
        }
    }

    async fn get_oldest(
        &self,
        _: Request<v1::GetOldestRequest>,
    ) -> Result<Response<v1::GetOldestResponse>, Status> {
        Ok(Response::new(self.0.samples.oldest().await.unwrap().into()))
    }

    async fn list_series(
        &self,
        _: Request<v1::ListSeriesRequest>,
    ) -> Result<Response<v1::ListSeriesResponse>, Status> {
        unreachable!("only rollups are asked for")
    }

    async fn get_latest(
        &self,
        _: Request<v1::GetLatestRequest>,
    ) -> Result<Response<v1::GetLatestResponse>, Status> {
        unreachable!("only rollups are asked for")
    }

    async fn get_samples(
        &self,
        _: Request<v1::GetSamplesRequest>,
    ) -> Result<Response<v1::GetSamplesResponse>, Status> {
        unreachable!("only rollups are asked for")
    }

    async fn get_range(
        &self,
        _: Request<v1::GetRangeRequest>,
    ) -> Result<Response<v1::GetRangeResponse>, Status> {
        unreachable!("only rollups are asked for")
    }

    async fn list_rollups(
        &self,
        _: Request<v1::ListRollupsRequest>,
    ) -> Result<Response<v1::ListRollupsResponse>, Status> {
        unreachable!("only rollups are asked for")
    }

    async fn stream_samples(
        &self,
        _: Request<v1::StreamSamplesRequest>,
    ) -> Result<Response<Self::StreamSamplesStream>, Status> {
        unreachable!("only rollups are asked for")
    }
}
