//! `cache.CacheService`, for clients of the previous platform.

use crate::lifetime::is_kept;
use crate::metrics::{CacheMetrics, Outcome};
use axum::Router;
use std::sync::Arc;
use std::time::Instant;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::LatestCache;
use watchkeeper_runtime::grpc::routes;
use watchkeeper_runtime::http::{Access, Limits, Problem, grpc_status};
use watchkeeper_wire::proto::cache::cache_service_server::{CacheService, CacheServiceServer};
use watchkeeper_wire::proto::cache::{GetMetricRequest, GetMetricResponse, Metric};

/// Longest request message (`RESOURCE_EXHAUSTED`): the same limit as over HTTP. tonic does not apply the listener's
/// own limit.
const MAX_MESSAGE_BYTES: usize = Limits::BODY_BYTES;

/// The name of the service.
pub(crate) const SERVICE: &str = CacheServiceServer::<()>::NAME;

/// Returns the current time.
type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The service, for callers with the scope `read`.
pub(crate) fn router(
    access: &Access,
    latest: Arc<dyn LatestCache>,
    metrics: CacheMetrics,
    now: Now,
) -> Router {
    let service = CacheServiceServer::new(Compatible { latest, metrics, now });
    routes(Routes::new(service.max_decoding_message_size(MAX_MESSAGE_BYTES)), access)
}

struct Compatible {
    latest: Arc<dyn LatestCache>,
    metrics: CacheMetrics,
    now: Now,
}

impl Compatible {
    /// The newest value of all series of this source and name, if the previous platform's cache would still have it.
    async fn newest(&self, request: GetMetricRequest, now: Timestamp) -> Result<Option<Sample>, Problem> {
        let GetMetricRequest { source, name } = request;
        let filter = SeriesFilter::named(source, name).checked()?;
        let newest = self.latest.newest(&filter, now).await?;
        Ok(newest.filter(|sample| is_kept(sample, now)))
    }
}

#[tonic::async_trait]
impl CacheService for Compatible {
    /// The newest value of all series of this source and name; none if none is recent enough.
    async fn get_metric(
        &self,
        request: Request<GetMetricRequest>,
    ) -> Result<Response<GetMetricResponse>, Status> {
        let started = Instant::now();
        let newest = self.newest(request.into_inner(), (self.now)()).await;
        let outcome = match &newest {
            Ok(Some(_)) => Outcome::Hit,
            Ok(None) => Outcome::Miss,
            Err(_) => Outcome::Error,
        };
        self.metrics.get.ended(outcome, 1, started);
        let newest = newest.map_err(grpc_status)?;
        Ok(Response::new(GetMetricResponse { metric: newest.as_ref().map(Metric::from) }))
    }
}
