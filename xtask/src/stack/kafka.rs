//! Apache Kafka, one node in KRaft mode.

use super::ask::ask;
use super::files;
use super::maven::{self, java};
use super::place::Place;
use anyhow::{Context as _, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub(super) fn provide() -> anyhow::Result<()> {
    maven::provide()
}

pub(super) fn prepare(place: &Place) -> anyhow::Result<()> {
    let (port, controller) = (place.port(), place.port_for("second_port"));
    let data = place.data();
    // One node has all replicas; a group of a test need not wait for others to join.
    let properties = format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         controller.listener.names=CONTROLLER\n\
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
        data.display(),
    );
    files::write(&properties_of(place), &properties)?;
    if data.join("meta.properties").exists() {
        return Ok(());
    }
    let mut format = java("256m");
    format.args(["kafka.tools.StorageTool", "format", "--cluster-id", "watchkeeperwatchkeepg"]);
    format.arg("--config").arg(properties_of(place)).stdout(Stdio::null());
    let output = format.output().context("cannot start java")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
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
