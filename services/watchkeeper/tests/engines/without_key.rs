//! Samples of a producer that gives no keys, so that those of one series lie on several partitions.

use crate::host::Host;
use crate::patience::{so, wait_for};
use crate::stack::Engine;
use crate::world::World;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

const PARTITIONS: i32 = 4;
/// Enough that some belong to either member, whichever partitions it has.
const ROOMS: i32 = 8;

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn an_alert_clears_by_a_sample_on_another_partition_that_another_notifier_has() {
    let world = World::without_engines();
    world.stack.start(&[Engine::Kafka, Engine::Postgres]);
    let (mut one, mut other) = (world.host("one"), world.host("other"));
    one.start(&["notifier", "api"]);
    other.start(&["notifier"]);
    let brokers = world.stack.url(Engine::Kafka).trim_start_matches("kafka://").to_owned();
    let producer: ThreadedProducer<DefaultProducerContext> =
        ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    for host in [&one, &other] {
        wait_for("both notifiers to have partitions", || {
            // One that has just joined takes partitions over when they are at rest.
            (0..PARTITIONS).for_each(|partition| send(&producer, partition, "hall", 20));
            let received = host.role("notifier").received()?;
            so(received > 0.0, received)
        });
    }
    (0..ROOMS).for_each(|room| send(&producer, room % PARTITIONS, &format!("room{room}"), 95));
    wait_until_firing(&one, ROOMS);
    (0..ROOMS).for_each(|room| send(&producer, (room + 1) % PARTITIONS, &format!("room{room}"), 20));
    wait_until_firing(&one, 0);
    // Again, the other way round.
    (0..ROOMS).for_each(|room| send(&producer, (room + 3) % PARTITIONS, &format!("room{room}"), 95));
    wait_until_firing(&one, ROOMS);
    (0..ROOMS).for_each(|room| send(&producer, (room + 2) % PARTITIONS, &format!("room{room}"), 20));
    wait_until_firing(&one, 0);
}

/// Sends a sample as services send them that know Kafka alone.
fn send(producer: &ThreadedProducer<DefaultProducerContext>, partition: i32, room: &str, celsius: u32) {
    let now = Timestamp::now();
    let sample = format!(
        r#"{{"ID":0,"Source":"heat","Name":"celsius","Value":{celsius},"Labels":{{"of":"{room}"}},"CollectedAt":"{now}"}}"#
    );
    let record = BaseRecord::<(), str>::to("metrics").partition(partition).payload(&sample);
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(Duration::from_secs(60)).unwrap();
}

fn wait_until_firing(host: &Host, rooms: i32) {
    wait_for("the alerts", || {
        let (status, body) = host.role("api").get("/v1/alerts?state=firing")?;
        let firing = i32::try_from(body.matches(r#""rule":"too_hot""#).count()).unwrap();
        so(status == 200 && firing == rooms, body)
    });
}
