//! Whatever another program puts on the topics, the sample behind it goes the whole way.

use crate::heat::{Heat, assert_stored_once};
use crate::host::Host;
use crate::load::Load;
use crate::patience::{so, wait_for};
use crate::role::Role;
use crate::stack::Engine;
use crate::told::wait_until_told;
use crate::world::World;
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use std::time::Duration;

const ROLES: [Role; 5] = ["ingest", "cache", "persister", "api", "notifier"];
const CONSUMERS: [Role; 4] = ["cache", "persister", "api", "notifier"];
const PARTITIONS: i32 = 4;
const MIB: usize = 1 << 20;

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn behind_whatever_lies_on_the_topics_a_sample_goes_the_whole_way_also_after_a_restart() {
    let world = World::with_engines();
    let mut host = world.host("host");
    host.start(&ROLES);
    host.wait_until_ready();
    let brokers = world.stack.url(Engine::Kafka).trim_start_matches("kafka://").to_owned();
    for partition in 0..PARTITIONS {
        put_on(&brokers, "metrics", partition);
    }
    put_on(&brokers, "metrics.dead", 0);
    let mut heats = vec![Heat::of("attic")];
    heats[0].post(&host);
    goes_the_whole_way(&heats, &host, &world);
    wait_for("the dead letters", || {
        let (_, letters) = host.role("api").get("/v1/dead-letters?limit=100")?;
        let is_told = ["\"truncated\":", "\"unreadable_until\":"].iter().all(|said| letters.contains(said));
        so(is_told, letters)
    });

    host.stop(&CONSUMERS);
    host.start(&CONSUMERS);
    host.wait_until_ready();
    heats.push(Heat::of("bakery"));
    heats[1].post(&host);
    goes_the_whole_way(&heats, &host, &world);
    assert_stored_once(&heats, &world.kept);
    // None has ended meanwhile.
    host.stop(&ROLES);
}

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn behind_whatever_lies_on_topic_events_each_event_is_stored_once_also_after_a_restart() {
    const PATH: [Role; 2] = ["ingest", "processor"];
    let world = World::with_engines();
    let mut host = world.host("host");
    host.start(&PATH);
    host.wait_until_ready();
    let brokers = world.stack.url(Engine::Kafka).trim_start_matches("kafka://").to_owned();
    for partition in 0..PARTITIONS {
        put_on(&brokers, "events", partition);
    }
    let load = Load::of_events([host.role("ingest").url()]);
    load.wait_for_more();
    load.wait_until_events_are_kept(&world.kept);
    host.stop(&["processor"]);
    host.start(&["processor"]);
    host.wait_until_ready();
    load.wait_for_more();
    load.stop_events(&world.kept);
    let (wrong, _) = world.kept.wrong_counts();
    assert!(wrong.is_empty(), "{wrong:?}");
    // None has ended meanwhile.
    host.stop(&PATH);
}

fn goes_the_whole_way(heats: &[Heat], host: &Host, world: &World) {
    for heat in heats {
        heat.wait_until_stored(&world.kept);
        heat.wait_until_cached(&world.kept);
        heat.wait_until_answered(host);
    }
    wait_until_told(heats, &world.kept);
}

/// Puts on a partition what the brokers take and nobody should send.
fn put_on(brokers: &str, topic: &str, partition: i32) {
    let blanks = |compression, bytes| (compression, vec![b' '; bytes], OwnedHeaders::new());
    let header = |value: Vec<u8>, times: usize| {
        let insert = |headers: OwnedHeaders, _| headers.insert(Header { key: "h", value: Some(&value) });
        let headers = (0..times).fold(OwnedHeaders::new(), insert);
        ("none", b"oops".to_vec(), headers)
    };
    let text = |value: &[u8]| ("none", value.to_vec(), OwnedHeaders::new());
    for (compression, value, headers) in [
        blanks("none", 1_048_400),
        blanks("zstd", 2 * MIB),
        blanks("gzip", 20 * MIB),
        blanks("lz4", 2 * MIB),
        // Nobody can read it: unpacked it is larger than a set may be.
        blanks("zstd", 70 * MIB),
        header(vec![b'x'; 70_000], 1),
        header(Vec::new(), 40_000),
        header(b"\xff\xfe".to_vec(), 1),
        // What no column of text takes.
        text(br#"{"msg":"a\u0000b","n\u0000":"\u0000"}"#),
        text(b"caf\xe9 \0 closed"),
    ] {
        let producer = producer(brokers, compression);
        let record =
            BaseRecord::to(topic).partition(partition).key(b"k".as_slice()).payload(&value).headers(headers);
        producer.send(record).map_err(|(error, _)| error).unwrap();
        producer.flush(Duration::from_secs(60)).unwrap();
    }
}

/// One without any limit of its own.
fn producer(brokers: &str, compression: &str) -> ThreadedProducer<DefaultProducerContext> {
    ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("compression.type", compression)
        .set("message.max.bytes", "1000000000")
        .create()
        .unwrap()
}
