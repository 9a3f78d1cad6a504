//! `api.MetricsService`, for clients of the previous platform.

use super::request;
use tonic::{Request, Response, Status};
use watchkeeper_domain::Timestamp;
use watchkeeper_query::Samples;
use watchkeeper_runtime::http::grpc_status;
use watchkeeper_wire::proto::api::metrics_service_server::MetricsService;
use watchkeeper_wire::proto::api::{
    GetMetricRequest, GetMetricResponse, GetMetricsRequest, GetMetricsResponse, Metric,
};

pub(super) struct CompatibleService {
    samples: Samples,
}

impl CompatibleService {
    pub(super) fn new(samples: Samples) -> Self {
        Self { samples }
    }
}

#[tonic::async_trait]
impl MetricsService for CompatibleService {
    async fn get_metric(
        &self,
        request: Request<GetMetricRequest>,
    ) -> Result<Response<GetMetricResponse>, Status> {
        let GetMetricRequest { source, name } = request.into_inner();
        let filter = request::named(source, name).map_err(grpc_status)?;
        let newest = self.samples.newest_one(&filter, Timestamp::now()).await.map_err(grpc_status)?;
        Ok(Response::new(GetMetricResponse { metric: newest.as_ref().map(Metric::from) }))
    }

    async fn get_metrics(
        &self,
        request: Request<GetMetricsRequest>,
    ) -> Result<Response<GetMetricsResponse>, Status> {
        let question = request::newest_named(request.into_inner()).map_err(grpc_status)?;
        let samples = match question {
            Some(question) => self.samples.newest(&question, Timestamp::now()).await.map_err(grpc_status)?,
            None => Vec::new(),
        };
        Ok(Response::new(GetMetricsResponse { metrics: samples.iter().map(Metric::from).collect() }))
    }
}
