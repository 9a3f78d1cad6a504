//! `cache.CacheService`: what clients of the platform before Watchkeeper call.

use axum::Router;
use std::sync::Arc;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use watchkeeper_domain::{SeriesFilter, Timestamp};
use watchkeeper_ports::LatestCache;
use watchkeeper_runtime::http::{Access, Limits, Scope, grpc_status};
use watchkeeper_wire::proto::cache::cache_service_server::{CacheService, CacheServiceServer};
use watchkeeper_wire::proto::cache::{GetMetricRequest, GetMetricResponse, Metric};

/// Longest question (`RESOURCE_EXHAUSTED`): as long as over HTTP. The listener's own limit is not asked by tonic.
const MAX_MESSAGE_BYTES: usize = Limits::BODY_BYTES;

/// The service, for whoever may read.
pub fn grpc(access: &Access, latest: Arc<dyn LatestCache>) -> Router {
    Routes::new(CacheServiceServer::new(Compatible(latest)).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .into_axum_router()
        // What is not of this service is answered by those it is merged with.
        .reset_fallback()
        .route_layer(access.require(Scope::Read))
}

struct Compatible(Arc<dyn LatestCache>);

#[tonic::async_trait]
impl CacheService for Compatible {
    /// The newest value of all series of that source and name; none when there is none.
    async fn get_metric(
        &self,
        request: Request<GetMetricRequest>,
    ) -> Result<Response<GetMetricResponse>, Status> {
        let GetMetricRequest { source, name } = request.into_inner();
        let filter = SeriesFilter::named(source, name).checked().map_err(grpc_status)?;
        let newest = self.0.newest(&filter, Timestamp::now()).await.map_err(grpc_status)?;
        Ok(Response::new(GetMetricResponse { metric: newest.as_ref().map(Metric::from) }))
    }
}
