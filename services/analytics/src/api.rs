//! The role's gRPC client of the api.

use axum::Router;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderValue, Request, Response, Uri};
use std::time::Duration;
use tonic::body::Body;
use tonic::transport::Endpoint;
use tonic::{Code, Status, Streaming};
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;
use watchkeeper_config::Secret;
use watchkeeper_domain::{RollupQuery, SeriesRollups, Timestamp, Violation};
use watchkeeper_ports::PortError;
use watchkeeper_wire::proto::v1;
use watchkeeper_wire::proto::v1::metrics_client::MetricsClient;

/// The operators' name of the api.
pub(crate) const NAME: &str = "api";
/// Connect timeout of the api.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long the api may take for a response, or for its next part: some series of a week.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Queries the api for rollups. Clones share the connection.
#[derive(Clone, Debug)]
pub struct ApiClient(MetricsClient<Service>);

/// Makes gRPC calls, over a connection or within the process.
type Service = BoxCloneSyncService<Request<Body>, Response<Body>, Status>;

impl ApiClient {
    /// An api in the same process: its gRPC services without authorization.
    pub fn in_process(services: Router) -> Self {
        let service = tower::service_fn(move |request: Request<Body>| {
            let answer = services.clone().oneshot(request);
            async { answer.await.map(|answer| answer.map(Body::new)).map_err(|never| match never {}) }
        });
        Self(MetricsClient::new(BoxCloneSyncService::new(service)))
    }

    /// An api in another process, at `http://HOST:PORT`, connected to on first use. Needs a tokio runtime.
    pub fn at(url: Uri, token: Option<&Secret>) -> Self {
        let channel = Endpoint::from(url).connect_timeout(CONNECT_WITHIN).connect_lazy();
        let token = token.and_then(|token| {
            let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
            bearer.set_sensitive(true);
            Some(bearer)
        });
        let service = channel.map_err(|error| Status::from_error(error.into())).map_request(
            move |mut request: Request<Body>| {
                request.headers_mut().extend(token.clone().map(|token| (AUTHORIZATION, token)));
                request
            },
        );
        Self(MetricsClient::new(BoxCloneSyncService::new(service)))
    }

    /// The instant of the oldest sample.
    pub(crate) async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        let mut client = self.0.clone();
        let answer = in_time(client.get_oldest(v1::GetOldestRequest {})).await?;
        answer.into_inner().try_into().map_err(|violation| misunderstood(&violation))
    }

    /// Has the rollups of the matching series computed.
    pub(crate) async fn roll_up(&self, query: &RollupQuery) -> Result<RolledUp, PortError> {
        let mut client = self.0.clone();
        Ok(RolledUp(in_time(client.roll_up(v1::RollUpRequest::from(query))).await?.into_inner()))
    }
}

/// Rollups as they are computed; dropping it cancels the work.
pub(crate) struct RolledUp(Streaming<v1::RollUpResponse>);

impl RolledUp {
    /// The next series, by key; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<SeriesRollups>, PortError> {
        let Some(message) = in_time(self.0.message()).await? else { return Ok(None) };
        message.series.unwrap_or_default().try_into().map(Some).map_err(|violation| misunderstood(&violation))
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, Status>>) -> Result<T, PortError> {
    let late = |_| unavailable(format!("no answer within {} s", ANSWER_WITHIN.as_secs()));
    tokio::time::timeout(ANSWER_WITHIN, answer).await.map_err(late)?.map_err(|status| failed(&status))
}

/// Only a request that the api rejects as invalid is not retried.
fn failed(status: &Status) -> PortError {
    let reason = status.message().to_owned();
    match status.code() {
        Code::InvalidArgument | Code::OutOfRange => PortError::Broken { what: NAME, reason },
        Code::Unauthenticated | Code::PermissionDenied => {
            unavailable(format!("{reason}; see analytics.token_file"))
        }
        _ => unavailable(reason),
    }
}

fn unavailable(reason: String) -> PortError {
    PortError::Unavailable { what: NAME, reason }
}

fn misunderstood(violation: &Violation) -> PortError {
    PortError::Broken { what: NAME, reason: format!("cannot decode its response: {violation}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Stage, sample, time};
    use watchkeeper_config::{Document, Secret};
    use watchkeeper_ports::Failure;
    use watchkeeper_runtime::RoleContext;
    use watchkeeper_runtime::http::{Access, Limits, Listener, Scope, Tokens, token};
    use watchkeeper_test_kit::soon;

    /// Serves the api of a stage to those who have the token, over loopback.
    async fn served(stage: &Stage) -> (String, Secret) {
        let (token, sha256) = token::generate().unwrap();
        let text = format!("[[token]]\nname = \"analytics\"\nscopes = [\"read\"]\nsha256 = \"{sha256}\"\n");
        let access = Access::new(Document::parse("test.toml", &text).unwrap().read(Tokens::read).unwrap());
        let listener = Listener::bind("grpc.listen", "127.0.0.1:0".parse().unwrap(), &access).await.unwrap();
        let url = format!("http://{}", listener.address());
        let stop = RoleContext::detached("api").shutdown().clone();
        let router = stage.router().route_layer(access.require(Scope::Read));
        tokio::spawn(listener.serve(router, Limits::default(), stop));
        (url, token.into())
    }

    async fn oldest(url: &str, token: Option<Secret>) -> Result<Option<Timestamp>, PortError> {
        soon(ApiClient::at(url.parse().unwrap(), token.as_ref()).oldest()).await
    }

    #[tokio::test]
    async fn an_api_in_another_process_is_asked_with_the_token() {
        let stage = Stage::sampled(&[sample("a", "20T10:10", 1.0)]).await;
        let (url, token) = served(&stage).await;
        assert_eq!(oldest(&url, Some(token)).await.unwrap(), Some(time("20T10:10")));
        let refused = oldest(&url, None).await.unwrap_err();
        assert_eq!(refused.failure(), Failure::Retry, "a token can be added while the role waits");
        assert!(refused.to_string().ends_with("; see analytics.token_file"), "{refused}");
    }

    #[tokio::test]
    async fn an_api_that_is_not_there_can_be_asked_again() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let refused = oldest(&format!("http://{nobody}"), None).await.unwrap_err();
        assert_eq!(refused.failure(), Failure::Retry, "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_come_is_not_waited_for() {
        let late = in_time(std::future::pending::<Result<(), Status>>()).await.unwrap_err();
        assert_eq!(late.to_string(), "api unavailable: no answer within 60 s");
    }

    #[test]
    fn only_a_question_that_is_not_understood_is_never_asked_again() {
        let failure = |code| failed(&Status::new(code, "x")).failure();
        assert_eq!([Code::InvalidArgument, Code::OutOfRange].map(failure), [Failure::Stop; 2]);
        for code in
            [Code::Unavailable, Code::Internal, Code::Unimplemented, Code::Unauthenticated, Code::Unknown]
        {
            assert_eq!(failure(code), Failure::Retry, "{code:?}");
        }
    }
}
