//! gRPC health checks (`grpc.health.v1`).

use super::address::Address;
use super::body::cut;
use super::certificate::Seen;
use super::config::parse;
use super::failure;
use super::probe::{Finding, Probe};
use crate::target::CollectError;
use hyper_util::rt::TokioIo;
use std::error::Error as _;
use std::io;
use std::sync::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tower::service_fn;
use watchkeeper_config::Section;
use watchkeeper_http_client::Trust;

/// Longest name of a service, in bytes.
pub const MAX_SERVICE_BYTES: usize = 256;
/// Longest response, in bytes; it has one number.
const MAX_RESPONSE_BYTES: usize = 4 * 1024;

/// A server that must report that it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrpcCheck {
    /// The server.
    pub address: Address,
    /// The service; empty for the server as a whole.
    pub service: String,
    /// Whose certificates are accepted; `None` for a connection without TLS.
    pub trust: Option<Trust>,
}

impl GrpcCheck {
    /// Reads what follows `grpc://` or `grpcs://`: `HOST:PORT`, or `HOST:PORT/SERVICE`.
    pub(super) fn read(section: &mut Section<'_>, rest: &str, is_secure: bool) -> Option<Self> {
        let trust = is_secure.then(|| Trust::from(section.path("ca_file")));
        let (address, service) = rest.split_once('/').unwrap_or((rest, ""));
        if service.len() > MAX_SERVICE_BYTES || service.contains(['/', '?']) {
            let limit = format!("of at most {MAX_SERVICE_BYTES} bytes");
            section.refuse(
                "url",
                format!("must end with the name of one service {limit}, such as /shop.Orders"),
            );
            return None;
        }
        Some(Self { address: parse(section, "url", address)?, service: service.to_owned(), trust })
    }
}

impl Probe {
    /// Calls `Check`.
    pub(super) async fn grpc(&self, check: &GrpcCheck) -> Result<Finding, CollectError> {
        let judge = match &check.trust {
            Some(trust) => Some(self.judge(trust).await?),
            None => None,
        };
        let attempt = async {
            let stream = match self.connect(&check.address).await? {
                Ok(stream) => stream,
                Err(reason) => return Ok(Err(reason)),
            };
            let Some(judge) = &judge else { return Ok(called(check, stream).await) };
            match self.secured(judge, check.address.host(), &[b"h2"], stream).await? {
                Ok(stream) => Ok(called(check, stream).await),
                Err(reason) => Ok(Err(reason)),
            }
        };
        let finding = match self.in_time(Box::pin(attempt)).await? {
            Ok(unmet) => Finding { failure: unmet, ..self.answered() },
            Err(reason) => Finding::failed(reason),
        };
        Ok(Finding { expiry: judge.as_ref().and_then(Seen::by).map(|seen| seen.expiry), ..finding })
    }
}

/// Why the answer is not as expected.
///
/// # Errors
/// There is no answer.
async fn called(
    check: &GrpcCheck,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<Option<String>, String> {
    let channel = channel(check, stream).await?;
    let mut client = HealthClient::new(channel).max_decoding_message_size(MAX_RESPONSE_BYTES);
    match client.check(HealthCheckRequest { service: check.service.clone() }).await {
        Ok(response) => Ok(unmet(response.into_inner().status)),
        Err(status) => of_status(&status, &check.service),
    }
}

/// A channel over one connection, which is not opened again.
async fn channel(
    check: &GrpcCheck,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<Channel, String> {
    let scheme = if check.trust.is_some() { "https" } else { "http" };
    let invalid = || format!("{} is not an address of HTTP", check.address);
    let origin = format!("{scheme}://{}", check.address).parse().map_err(|_| invalid())?;
    let endpoint = Endpoint::from_shared(format!("http://{}", check.address)).map_err(|_| invalid())?;
    let stream = Mutex::new(Some(TokioIo::new(stream)));
    let connector = service_fn(move |_| {
        let stream = stream.lock().ok().and_then(|mut stream| stream.take());
        async move { stream.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof)) }
    });
    let channel = endpoint.origin(origin).connect_with_connector(connector).await;
    channel.map_err(|_| "did not answer with gRPC".to_owned())
}

/// `reports NOT_SERVING, expected SERVING`.
fn unmet(status: i32) -> Option<String> {
    match ServingStatus::try_from(status) {
        Ok(ServingStatus::Serving) => None,
        Ok(other) => Some(format!("reports {}, expected SERVING", other.as_str_name())),
        Err(_) => Some(format!("reports the unknown status {status}, expected SERVING")),
    }
}

/// What a status says of the server.
fn of_status(status: &Status, service: &str) -> Result<Option<String>, String> {
    // Of the connection, or made by the client from a response that is not of gRPC.
    let foreign = ["grpc-status header missing", "protocol error", "Unexpected EOF"];
    if status.source().is_some() || foreign.iter().any(|text| status.message().starts_with(text)) {
        return Err("did not answer with gRPC".to_owned());
    }
    let reason = match status.code() {
        Code::NotFound => format!("does not know the service {service:?}"),
        Code::Unimplemented => "does not offer grpc.health.v1.Health".to_owned(),
        code => {
            let message = cut(status.message());
            let said = if message.is_empty() { String::new() } else { format!(": {message}") };
            format!("answered {}{said}", failure::shouted(&format!("{code:?}")))
        }
    };
    Ok(Some(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_but_serving_is_a_reason() {
        assert_eq!(unmet(ServingStatus::Serving.into()), None);
        let of = |status: i32| unmet(status).unwrap();
        assert_eq!(of(ServingStatus::NotServing.into()), "reports NOT_SERVING, expected SERVING");
        assert_eq!(of(ServingStatus::ServiceUnknown.into()), "reports SERVICE_UNKNOWN, expected SERVING");
        assert_eq!(of(77), "reports the unknown status 77, expected SERVING");
    }

    #[test]
    fn a_code_is_spelled_as_in_grpc() {
        let of = |status: Status| of_status(&status, "shop").unwrap().unwrap();
        assert_eq!(of(Status::permission_denied("no token")), "answered PERMISSION_DENIED: no token");
        assert_eq!(of(Status::unavailable("")), "answered UNAVAILABLE");
        assert_eq!(of(Status::not_found("unknown")), r#"does not know the service "shop""#);
        assert_eq!(of(Status::unimplemented("")), "does not offer grpc.health.v1.Health");
    }
}
