//! `watchkeeper.v1.Metrics`.

use super::request;
use crate::live::{Heard, LiveSamples};
use crate::roll_up::RollUps;
use futures_util::{Stream, StreamExt as _};
use std::pin::Pin;
use tonic::{Request, Response, Status};
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_query::{Rollups, Samples};
use watchkeeper_runtime::http::grpc_status;
use watchkeeper_wire::proto::v1::{self, metrics_server::Metrics};

pub(super) struct MetricsService {
    samples: Samples,
    kept_rollups: Rollups,
    live: LiveSamples,
    roll_ups: RollUps,
}

impl MetricsService {
    pub(super) fn new(samples: Samples, kept_rollups: Rollups, live: LiveSamples, roll_ups: RollUps) -> Self {
        Self { samples, kept_rollups, live, roll_ups }
    }
}

#[tonic::async_trait]
impl Metrics for MetricsService {
    async fn list_series(
        &self,
        request: Request<v1::ListSeriesRequest>,
    ) -> Result<Response<v1::ListSeriesResponse>, Status> {
        let v1::ListSeriesRequest { filter, page_size, page_token } = request.into_inner();
        let question = request::page(filter, page_size, &page_token).map_err(grpc_status)?;
        let answer = self.samples.series(&question).await.map_err(grpc_status)?;
        Ok(Response::new(v1::ListSeriesResponse {
            series: answer.items.iter().map(|series| (&**series).into()).collect(),
            next_page_token: answer.next.map(|cursor| cursor.to_string()).unwrap_or_default(),
        }))
    }

    async fn get_latest(
        &self,
        request: Request<v1::GetLatestRequest>,
    ) -> Result<Response<v1::GetLatestResponse>, Status> {
        let v1::GetLatestRequest { filter, page_size, page_token } = request.into_inner();
        let question = request::page(filter, page_size, &page_token).map_err(grpc_status)?;
        let answer = self.samples.latest(&question, Timestamp::now()).await.map_err(grpc_status)?;
        Ok(Response::new(v1::GetLatestResponse {
            samples: answer.items.iter().map(v1::Sample::from).collect(),
            next_page_token: answer.next.map(|cursor| cursor.to_string()).unwrap_or_default(),
        }))
    }

    async fn get_samples(
        &self,
        request: Request<v1::GetSamplesRequest>,
    ) -> Result<Response<v1::GetSamplesResponse>, Status> {
        let question = request::newest(request.into_inner()).map_err(grpc_status)?;
        let samples = self.samples.newest(&question, Timestamp::now()).await.map_err(grpc_status)?;
        Ok(Response::new(v1::GetSamplesResponse { samples: samples.iter().map(v1::Sample::from).collect() }))
    }

    async fn get_range(
        &self,
        request: Request<v1::GetRangeRequest>,
    ) -> Result<Response<v1::GetRangeResponse>, Status> {
        let query = request::range(request.into_inner()).map_err(grpc_status)?;
        let found = self.samples.range(&query).await.map_err(grpc_status)?;
        Ok(Response::new(v1::GetRangeResponse {
            series: found.series.iter().map(v1::SeriesPoints::from).collect(),
            series_limit: found.cut_to.map_or(0, |limit| u32::try_from(limit).unwrap_or(u32::MAX)),
        }))
    }

    async fn list_rollups(
        &self,
        request: Request<v1::ListRollupsRequest>,
    ) -> Result<Response<v1::ListRollupsResponse>, Status> {
        let question = request::rollups(request.into_inner()).map_err(grpc_status)?;
        let answer = self.kept_rollups.page(&question).await.map_err(grpc_status)?;
        Ok(Response::new(v1::ListRollupsResponse {
            series: answer.items.iter().map(v1::SeriesRollups::from).collect(),
            next_page_token: answer.next.map(|cursor| cursor.to_string()).unwrap_or_default(),
        }))
    }

    type RollUpStream = Answers<v1::RollUpResponse>;

    async fn roll_up(
        &self,
        request: Request<v1::RollUpRequest>,
    ) -> Result<Response<Self::RollUpStream>, Status> {
        let query = request::roll_up(request.into_inner()).map_err(grpc_status)?;
        let made = self.roll_ups.stream(query).await.map_err(grpc_status)?;
        let answers = made.map(|made| match made {
            Ok(made) => Ok(v1::RollUpResponse { series: Some((&made).into()) }),
            Err(error) => Err(grpc_status(error)),
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn get_oldest(
        &self,
        _: Request<v1::GetOldestRequest>,
    ) -> Result<Response<v1::GetOldestResponse>, Status> {
        let oldest = self.samples.oldest().await.map_err(grpc_status)?;
        Ok(Response::new(oldest.into()))
    }

    type StreamSamplesStream = Answers<v1::StreamSamplesResponse>;

    async fn stream_samples(
        &self,
        request: Request<v1::StreamSamplesRequest>,
    ) -> Result<Response<Self::StreamSamplesStream>, Status> {
        let filter = request::filter(request.into_inner().filter).map_err(grpc_status)?;
        let matches = move |sample: &Sample| filter.matches(&sample.series);
        let listener = self.live.listen(matches).await.map_err(grpc_status)?;
        Ok(Response::new(Box::pin(listener.stream().map(|heard| Ok(message(&heard))))))
    }
}

/// A response stream.
pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn message(heard: &Heard<Sample>) -> v1::StreamSamplesResponse {
    let samples = heard.items.iter().map(v1::Sample::from).collect();
    v1::StreamSamplesResponse { samples, skipped: heard.missed }
}
