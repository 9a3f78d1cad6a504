//! While no broker answers.

use crate::place::{brokers, fresh_prefix, numbered, options, records, soon};
use rdkafka::mocking::MockCluster;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use watchkeeper_adapter_kafka::{KafkaBus, KafkaOptions};
use watchkeeper_ports::{Delivery, EventBus, Failure, Group, Topic};

/// An address at which nobody listens.
async fn nowhere() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap().to_string()
}

fn bus_at(address: &str) -> KafkaBus {
    let options = KafkaOptions {
        brokers: address.to_owned(),
        timeout: Duration::from_millis(500),
        ..options(&fresh_prefix())
    };
    KafkaBus::new(&options).unwrap()
}

#[tokio::test]
async fn a_bus_that_is_away_is_unavailable() {
    let bus = bus_at(&nowhere().await);
    let failures = [
        bus.publish(&Topic::METRICS, numbered(0..1)).await,
        bus.subscribe(&Topic::METRICS, &Group::CACHE).await.map(drop),
        bus.tail(&Topic::METRICS).await.map(drop),
        bus.watermarks(&Topic::METRICS).await.map(drop),
        bus.lag(&Topic::METRICS, &Group::CACHE).await.map(drop),
        bus.topics().await.map(drop),
    ];
    for failure in failures {
        assert_eq!(failure.unwrap_err().failure(), Failure::Retry);
    }
}

#[tokio::test]
async fn a_bus_that_comes_back_works_by_itself() {
    let address = nowhere().await;
    let bus = bus_at(&address);
    bus.publish(&Topic::METRICS, numbered(0..1)).await.unwrap_err();
    let listener = TcpListener::bind(&address).await.unwrap();
    let forwarding = tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut broker = TcpStream::connect(brokers()).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut client, &mut broker).await });
        }
    });
    soon(async { while bus.publish(&Topic::METRICS, numbered(1..2)).await.is_err() {} }).await;
    let mut member = soon(bus.subscribe(&Topic::METRICS, &Group::CACHE)).await.unwrap();
    assert_eq!(records(&mut *member).await.records.get(0).value, b"1");
    forwarding.abort();
}

/// On librdkafka's mock broker, because the real one is shared by all tests.
#[tokio::test]
async fn a_member_says_that_the_brokers_are_away_and_goes_on_when_they_are_back() {
    let broker = MockCluster::new(1).unwrap();
    broker.create_topic(Topic::METRICS.name(), 1, 1).unwrap();
    let options =
        KafkaOptions { timeout: Duration::from_secs(1), ..KafkaOptions::at(broker.bootstrap_servers()) };
    let bus = KafkaBus::new(&options).unwrap();
    bus.publish(&Topic::METRICS, numbered(0..1)).await.unwrap();
    let mut member = bus.subscribe(&Topic::METRICS, &Group::CACHE).await.unwrap();
    assert_eq!(records(&mut *member).await.records.get(0).value, b"0");
    broker.broker_down(1).unwrap();
    for _ in 0..2 {
        assert_eq!(soon(member.next(1)).await.unwrap_err().failure(), Failure::Retry);
    }
    broker.broker_up(1).unwrap();
    soon(async { while bus.publish(&Topic::METRICS, numbered(1..2)).await.is_err() {} }).await;
    let batch = soon(async {
        loop {
            if let Ok(Delivery::Records(batch)) = member.next(1).await {
                return batch;
            }
        }
    });
    assert_eq!(batch.await.records.get(0).value, b"1");
}
