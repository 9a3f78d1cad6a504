//! Authentication, and TLS in a build that has it.

use crate::place::{fresh_prefix, numbered, options, records, soon};
use std::fs;
use std::time::Duration;
use watchkeeper_adapter_kafka::{KafkaBus, KafkaOptions};
use watchkeeper_port_contract::engine_dir;
use watchkeeper_ports::{EventBus, Group, PortError, Topic};

/// The user of the authenticated listeners of `cargo xtask stack`, and the password.
const USER: &str = "watchkeeper";
const PASSWORD: &str = "watchkeeper";
const WRONG_PASSWORD: &str = "hunter2";

/// Options for the listener whose port is in this file of the engine's directory.
fn listener(port: &str, protocol: &str, mechanism: &str, password: &str) -> KafkaOptions {
    let port = fs::read_to_string(engine_dir("kafka").join(port)).unwrap();
    let mut options = KafkaOptions {
        brokers: format!("127.0.0.1:{port}"),
        timeout: Duration::from_secs(5),
        ..options(&fresh_prefix())
    };
    let settings = [
        ("security.protocol", protocol),
        ("sasl.mechanism", mechanism),
        ("sasl.username", USER),
        ("sasl.password", password),
    ];
    options.settings.extend(settings.map(|(key, value)| (key.to_owned(), value.to_owned())));
    options
}

async fn is_used(options: &KafkaOptions) {
    let bus = KafkaBus::new(options).unwrap();
    bus.publish(&Topic::METRICS, numbered(7..8)).await.unwrap();
    let mut member = bus.subscribe(&Topic::METRICS, &Group::CACHE).await.unwrap();
    assert_eq!(records(&mut *member).await.records.get(0).value, b"7");
}

/// The result of the first publish, which must come in time.
async fn refusal(options: &KafkaOptions) -> PortError {
    let bus = KafkaBus::new(options).unwrap();
    soon(bus.publish(&Topic::METRICS, numbered(7..8))).await.unwrap_err()
}

async fn says_that_the_password_is_wrong(options: KafkaOptions) {
    let refusal = refusal(&options).await;
    assert!(matches!(refusal, PortError::Broken { .. }), "{refusal}");
    let shown = format!("{refusal} {refusal:?}");
    assert!(shown.contains("Authentication failed"), "{shown}");
    assert!(!shown.contains(WRONG_PASSWORD), "{shown}");
}

#[tokio::test]
async fn a_password_lets_in() {
    is_used(&listener("sasl_port", "sasl_plaintext", "PLAIN", PASSWORD)).await;
}

#[tokio::test]
async fn a_wrong_password_is_said_to_be_wrong() {
    let options = listener("sasl_port", "sasl_plaintext", "PLAIN", WRONG_PASSWORD);
    says_that_the_password_is_wrong(options).await;
}

#[cfg(feature = "tls")]
mod by_tls {
    use super::*;

    fn tls(mechanism: &str, password: &str) -> KafkaOptions {
        let mut options = listener("tls_port", "sasl_ssl", mechanism, password);
        let certificate = engine_dir("kafka").join("certificate.pem").display().to_string();
        options.settings.insert("ssl.ca.location".into(), certificate);
        options
    }

    #[tokio::test]
    async fn a_password_lets_in() {
        for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
            is_used(&tls(mechanism, PASSWORD)).await;
        }
    }

    #[tokio::test]
    async fn a_wrong_password_is_said_to_be_wrong() {
        for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
            says_that_the_password_is_wrong(tls(mechanism, WRONG_PASSWORD)).await;
        }
    }

    #[tokio::test]
    async fn a_broker_whose_certificate_nobody_vouches_for_is_not_talked_to() {
        let mut options = tls("PLAIN", PASSWORD);
        options.settings.remove("ssl.ca.location");
        let refusal = refusal(&options).await.to_string();
        assert!(refusal.contains("certificate verify failed"), "{refusal}");
    }
}
