//! Unix sockets and TLS.

use crate::place::{Place, client};
use std::path::PathBuf;
use std::process::Command;
use watchkeeper_adapter_postgres::{PostgresOptions, PostgresStore};
use watchkeeper_port_contract::{engine_dir, engine_url};
use watchkeeper_ports::PortError;

/// The engine's URL without the host, and its port.
fn credentials_and_port() -> (String, String) {
    let url = engine_url("postgres");
    let (credentials, server) = url.split_once('@').unwrap();
    let port = server.split_once(':').unwrap().1.split_once('/').unwrap().0;
    (credentials.to_owned(), port.to_owned())
}

/// The engine by a host name, over TLS.
fn over_tls(host: &str, mode: &str, root_certificate: Option<PathBuf>, place: &Place) -> PostgresOptions {
    let (credentials, port) = credentials_and_port();
    let url = format!("{credentials}@{host}:{port}/postgres?sslmode={mode}");
    PostgresOptions { url, root_certificate, ..place.options() }
}

async fn check(options: &PostgresOptions) -> Result<(), PortError> {
    PostgresStore::connect(options)?.samples().check().await
}

/// The engine's certificate; it is valid for `localhost`.
fn certificate() -> PathBuf {
    engine_dir("postgres").join("certificate.pem")
}

#[tokio::test]
async fn tls_takes_a_server_whose_certificate_is_trusted_for_its_name() {
    let place = Place::fresh();
    check(&over_tls("localhost", "verify-full", Some(certificate()), &place)).await.unwrap();
}

#[tokio::test]
async fn tls_refuses_a_server_that_nobody_vouches_for_or_of_another_name() {
    let place = Place::fresh();
    for (host, root) in [("localhost", None), ("127.0.0.1", Some(certificate()))] {
        let error = check(&over_tls(host, "verify-full", root, &place)).await.unwrap_err();
        let is_broken = matches!(&error, PortError::Broken { reason, .. } if reason.contains("certificate"));
        assert!(is_broken, "{host}: {error}");
    }
}

#[tokio::test]
async fn tls_that_is_only_to_encrypt_takes_any_server() {
    let place = Place::fresh();
    check(&over_tls("127.0.0.1", "require", None, &place)).await.unwrap();
}

#[tokio::test]
async fn a_root_certificate_that_is_none_is_refused_by_name() {
    let place = Place::fresh();
    let port_file = engine_dir("postgres").join("port");
    for file in [port_file, PathBuf::from("/nowhere/ca.pem")] {
        let error = check(&over_tls("localhost", "verify-full", Some(file), &place)).await.unwrap_err();
        assert!(error.to_string().contains("root_certificate: "), "{error}");
    }
}

#[tokio::test]
async fn the_unix_socket_takes_whom_the_kernel_vouches_for() {
    let place = Place::fresh();
    let me = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let (me, port) = (me.trim(), credentials_and_port().1);
    // A role named as the user of this process, without a password.
    let schema = place.options().schema;
    let admin = client().await;
    admin
        .batch_execute(&format!(
            "DO $$ BEGIN CREATE ROLE \"{me}\" LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
             CREATE SCHEMA {schema} AUTHORIZATION \"{me}\""
        ))
        .await
        .unwrap();
    let dir = engine_dir("postgres").display().to_string();
    let url = format!("postgres:///postgres?host={dir}&port={port}");
    check(&PostgresOptions { url, ..place.options() }).await.unwrap();
    // Not as somebody else.
    let url = format!("postgres://nobody-else@/postgres?host={dir}&port={port}");
    let error = check(&PostgresOptions { url, ..place.options() }).await.unwrap_err();
    assert!(matches!(error, PortError::Broken { .. }), "{error}");
}
