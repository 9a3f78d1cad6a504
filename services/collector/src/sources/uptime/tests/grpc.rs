//! gRPC health checks.

use super::tls::{Authority, FUTURE};
use super::{SOON, listener, nowhere, probe};
use crate::sources::uptime::address::Address;
use crate::sources::uptime::config::Check;
use crate::sources::uptime::grpc::GrpcCheck;
use crate::sources::uptime::probe::Prober;
use axum::http::StatusCode;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::health_reporter;
use watchkeeper_http_client::Trust;
use watchkeeper_test_kit::serve_always;

/// A server that serves `shop.Orders`, and not `shop.Search`; over TLS if there is an acceptor.
async fn serve(acceptor: Option<TlsAcceptor>) -> SocketAddr {
    let (reporter, health) = health_reporter();
    reporter.set_service_status("shop.Orders", ServingStatus::Serving).await;
    reporter.set_service_status("shop.Search", ServingStatus::NotServing).await;
    let (listener, address) = listener().await;
    let service = TowerToHyperService::new(Routes::new(health).prepare());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (service, acceptor) = (service.clone(), acceptor.clone());
            tokio::spawn(async move {
                let builder = Builder::new(TokioExecutor::new());
                match acceptor {
                    None => drop(builder.serve_connection(TokioIo::new(stream), service).await),
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            drop(builder.serve_connection(TokioIo::new(stream), service).await);
                        }
                    }
                }
            });
        }
    });
    address
}

/// A server that speaks HTTP/1.1 only.
async fn older() -> SocketAddr {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    });
    address
}

fn grpc(host: &str, address: SocketAddr, service: &str, trust: Option<Trust>) -> Check {
    let address = Address::new(host, address.port());
    Check::Grpc(GrpcCheck { address, service: service.to_owned(), trust })
}

#[tokio::test]
async fn a_server_that_serves_is_up_and_any_other_status_is_the_reason() {
    let address = serve(None).await;
    for (service, reason) in [
        ("", None),
        ("shop.Orders", None),
        ("shop.Search", Some("reports NOT_SERVING, expected SERVING")),
        ("shop.Unknown", Some(r#"does not know the service "shop.Unknown""#)),
    ] {
        let found = probe(&grpc("127.0.0.1", address, service, None)).await;
        assert_eq!(found.failure.as_deref(), reason, "{service}");
        assert!(found.latency.is_some() && found.expiry.is_none());
    }
}

#[tokio::test]
async fn over_tls_the_certificate_is_judged_and_its_days_are_counted() {
    let authority = Authority::new();
    let address = serve(Some(authority.acceptor("localhost", FUTURE, &[b"h2"]))).await;
    let found = probe(&grpc("localhost", address, "shop.Orders", Some(authority.trust()))).await;
    assert_eq!(found.failure, None);
    assert!(found.expiry.is_some());
    let found = probe(&grpc("localhost", address, "shop.Orders", Some(Trust::Web))).await;
    assert_eq!(found.failure.as_deref(), Some("certificate not trusted: unknown issuer"));
    assert!(found.expiry.is_some());
}

#[tokio::test]
async fn what_is_not_grpc_is_down_with_the_reason() {
    let web = [serve_always("well").await, serve_always(StatusCode::NOT_FOUND).await];
    let web = web.map(|url| url.trim_start_matches("http://").parse().unwrap());
    for address in web.into_iter().chain([older().await]) {
        let found = probe(&grpc("127.0.0.1", address, "", None)).await;
        assert_eq!(found.failure.as_deref(), Some("did not answer with gRPC"));
    }
    let found = probe(&grpc("127.0.0.1", nowhere().await, "", None)).await;
    assert_eq!(found.failure.as_deref(), Some("connection refused"));
    let (_silent, address) = listener().await;
    let found = Prober::new().probe(&grpc("127.0.0.1", address, "", None), SOON).await.unwrap();
    assert_eq!(found.failure.as_deref(), Some("no answer within 200 ms"));
}
