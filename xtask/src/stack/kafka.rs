//! Apache Kafka, one node in KRaft mode.

use super::ask::ask;
use super::files;
use super::maven::{self, java};
use super::place::Place;
use anyhow::{Context as _, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The user of the listeners with a password, for tests of a secured Kafka.
const USER: &str = "watchkeeper";
/// Only this host can reach the server, which holds only test data.
const PASSWORD: &str = "watchkeeper";
/// The JAAS modules that check passwords: of the configuration, and of the SCRAM credentials set when formatting.
const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule required";
const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required";
/// One port per listener: plain, controller, password, password and TLS.
pub(super) const PORTS: [&str; 4] = ["port", "second_port", "sasl_port", "tls_port"];

pub(super) fn provide() -> anyhow::Result<()> {
    maven::provide()
}

pub(super) fn prepare(place: &Place) -> anyhow::Result<()> {
    certify(place)?;
    let [port, controller, sasl, tls] = PORTS.map(|name| place.port_for(name));
    let (data, keystore) = (place.data(), keystore_of(place));
    // One node has all replicas, and groups in tests need not wait for more members.
    let properties = format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},\
         SASL_PLAINTEXT://127.0.0.1:{sasl},SASL_SSL://127.0.0.1:{tls}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,\
         SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL\n\
         controller.listener.names=CONTROLLER\n\
         listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN\n\
         listener.name.sasl_plaintext.plain.sasl.jaas.config={PLAIN} user_{USER}=\"{PASSWORD}\";\n\
         listener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512\n\
         listener.name.sasl_ssl.plain.sasl.jaas.config={PLAIN} user_{USER}=\"{PASSWORD}\";\n\
         listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={SCRAM};\n\
         ssl.keystore.type=PEM\n\
         ssl.keystore.location={}\n\
         log.dirs={}\n\
         auto.create.topics.enable=false\n\
         group.initial.rebalance.delay.ms=0\n\
         group.consumer.min.heartbeat.interval.ms=100\n\
         group.consumer.heartbeat.interval.ms=100\n\
         offsets.topic.num.partitions=4\n\
         offsets.topic.replication.factor=1\n\
         transaction.state.log.num.partitions=4\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         share.coordinator.state.topic.num.partitions=1\n\
         share.coordinator.state.topic.replication.factor=1\n\
         share.coordinator.state.topic.min.isr=1\n",
        keystore.display(),
        data.display(),
    );
    files::write(&properties_of(place), &properties)?;
    if data.join("meta.properties").exists() {
        return Ok(());
    }
    let mut format = java("256m");
    format.args(["kafka.tools.StorageTool", "format", "--cluster-id", "watchkeeperwatchkeepg"]);
    format.args(["--add-scram", &format!("SCRAM-SHA-512=[name={USER},password={PASSWORD}]")]);
    format.arg("--config").arg(properties_of(place)).stdout(Stdio::null());
    let output = format.output().context("cannot start java")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Creates a self-signed certificate for TLS, and a file with certificate and key.
fn certify(place: &Place) -> anyhow::Result<()> {
    let certificate = place.dir().join("certificate.pem");
    if certificate.exists() {
        return Ok(());
    }
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let pem = made.cert.pem();
    files::write(&keystore_of(place), &(made.signing_key.serialize_pem() + &pem))?;
    files::write(&certificate, &pem)
}

pub(super) fn command(place: &Place) -> Command {
    let mut kafka = java("512m");
    kafka.arg("kafka.Kafka").arg(properties_of(place));
    kafka
}

/// Whether it responds to an `ApiVersions` request (version 0 of <https://kafka.apache.org/protocol>), as the broker
/// does once it accepts clients.
pub(super) fn answers(place: &Place) -> bool {
    const REQUEST: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff];
    // After the length: the correlation id, and error code 0.
    ask::<10>(place, &REQUEST).is_some_and(|head| head[4..] == [0, 0, 0, 7, 0, 0])
}

fn properties_of(place: &Place) -> PathBuf {
    place.dir().join("server.properties")
}

fn keystore_of(place: &Place) -> PathBuf {
    place.dir().join("keystore.pem")
}
