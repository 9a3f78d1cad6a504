//! Apache Kafka, one node in KRaft mode.

use super::ask::ask;
use super::files;
use super::maven::{self, java};
use super::place::Place;
use anyhow::{Context as _, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Who may use the listeners that ask for a password; what tests of a secured Kafka say.
const USER: &str = "watchkeeper";
/// Of a server that only this host reaches, and that holds only what tests put there.
const PASSWORD: &str = "watchkeeper";
/// What checks passwords: those of the configuration, and those that the brokers were told when they were set up.
const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule required";
const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required";
/// A port for each listener: for everyone; for the controller; with a password; with a password and TLS.
pub(super) const PORTS: [&str; 4] = ["port", "second_port", "sasl_port", "tls_port"];

pub(super) fn provide() -> anyhow::Result<()> {
    maven::provide()
}

pub(super) fn prepare(place: &Place) -> anyhow::Result<()> {
    certify(place)?;
    let [port, controller, sasl, tls] = PORTS.map(|name| place.port_for(name));
    let (data, keystore) = (place.data(), keystore_of(place));
    // One node has all replicas; a group of a test need not wait for others to join.
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

/// Makes the certificate that the broker shows to who asks for TLS, signed by itself, and a file that has its
/// key as well.
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

/// Whether it answers an `ApiVersions` request (version 0 of <https://kafka.apache.org/protocol>), which
/// the broker does once it takes clients.
pub(super) fn answers(place: &Place) -> bool {
    const REQUEST: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff];
    // After the length: the request's number, and an error code of 0.
    ask::<10>(place, &REQUEST).is_some_and(|head| head[4..] == [0, 0, 0, 7, 0, 0])
}

fn properties_of(place: &Place) -> PathBuf {
    place.dir().join("server.properties")
}

fn keystore_of(place: &Place) -> PathBuf {
    place.dir().join("keystore.pem")
}
