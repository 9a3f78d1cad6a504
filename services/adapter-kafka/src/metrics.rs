//! Client statistics, for Prometheus.

use parking_lot::Mutex;
use prometheus::core::Collector;
use prometheus::{Error, Gauge, IntCounter, IntGauge, Registry};
use rdkafka::Statistics;
use std::sync::Arc;
use std::time::Duration;

/// librdkafka's client type of a producer, in its statistics.
const PRODUCER: &str = "producer";

/// The last statistics of the clients of a bus, which each reports every few seconds.
pub(crate) struct Metrics {
    queued_records: IntGauge,
    queued_bytes: IntGauge,
    in_flight_records: IntGauge,
    round_trip: Gauge,
    sent_bytes: IntCounter,
    received_bytes: IntCounter,
    rebalances: IntCounter,
    unreadable: IntCounter,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self {
            queued_records: IntGauge::new(
                "watchkeeper_kafka_queued_records",
                "Records in flight to the brokers, sent or not.",
            )?,
            queued_bytes: IntGauge::new(
                "watchkeeper_kafka_queued_bytes",
                "Bytes of keys and values in flight to the brokers.",
            )?,
            in_flight_records: IntGauge::new(
                "watchkeeper_kafka_in_flight_records",
                "Records that were sent but are not acknowledged yet.",
            )?,
            round_trip: Gauge::new(
                "watchkeeper_kafka_round_trip_seconds",
                "Average response time of the slowest broker to the producer.",
            )?,
            sent_bytes: IntCounter::new(
                "watchkeeper_kafka_sent_bytes_total",
                "Bytes sent to the brokers, compressed.",
            )?,
            received_bytes: IntCounter::new(
                "watchkeeper_kafka_received_bytes_total",
                "Bytes received from the brokers, compressed.",
            )?,
            rebalances: IntCounter::new(
                "watchkeeper_kafka_rebalances_total",
                "How often partitions were assigned to members in this process, or revoked from them.",
            )?,
            unreadable: IntCounter::new(
                "watchkeeper_kafka_unreadable_sets_total",
                "Record batches that were skipped because they were damaged or could not be decompressed; the log says where.",
            )?,
        })
    }

    pub(crate) fn register(&self, registry: &Registry) -> Result<(), Error> {
        let gauges = [&self.queued_records, &self.queued_bytes, &self.in_flight_records];
        let counters = [&self.sent_bytes, &self.received_bytes, &self.rebalances, &self.unreadable];
        let mut all: Vec<Box<dyn Collector>> = vec![Box::new(self.round_trip.clone())];
        all.extend(gauges.map(|gauge| Box::new(gauge.clone()) as Box<dyn Collector>));
        all.extend(counters.map(|counter| Box::new(counter.clone()) as Box<dyn Collector>));
        all.into_iter().try_for_each(|metric| registry.register(metric))
    }

    pub(crate) fn count_unreadable(&self) {
        self.unreadable.inc();
    }

    /// Takes the producer's own statistics.
    fn take_producer(&self, told: &Statistics) {
        let brokers = told.brokers.values();
        let round_trips = brokers.clone().filter_map(|broker| broker.rtt.as_ref());
        let slowest = round_trips.map(|window| count(window.avg)).max().unwrap_or(0);
        self.queued_records.set(told.msg_cnt.cast_signed());
        self.queued_bytes.set(told.msg_size.cast_signed());
        self.in_flight_records.set(brokers.map(|broker| broker.waitresp_msg_cnt.max(0)).sum());
        self.round_trip.set(Duration::from_micros(slowest).as_secs_f64());
    }
}

/// One client's share of the metrics.
pub(crate) struct Meter {
    metrics: Arc<Metrics>,
    counted: Mutex<Totals>,
}

/// A client's counters since it was created.
#[derive(Clone, Copy, Default)]
struct Totals {
    sent_bytes: u64,
    received_bytes: u64,
    rebalances: u64,
}

impl Meter {
    /// For a client that has not reported yet.
    pub(crate) fn of(metrics: &Arc<Metrics>) -> Self {
        Self { metrics: Arc::clone(metrics), counted: Mutex::default() }
    }

    /// Adds the client's activity since its last report.
    pub(crate) fn take(&self, told: &Statistics) {
        let now = Totals {
            sent_bytes: count(told.tx_bytes),
            received_bytes: count(told.rx_bytes),
            rebalances: told.cgrp.as_ref().map_or(0, |group| count(group.rebalance_cnt)),
        };
        let before = std::mem::replace(&mut *self.counted.lock(), now);
        let Metrics { sent_bytes, received_bytes, rebalances, .. } = &*self.metrics;
        sent_bytes.inc_by(now.sent_bytes.saturating_sub(before.sent_bytes));
        received_bytes.inc_by(now.received_bytes.saturating_sub(before.received_bytes));
        rebalances.inc_by(now.rebalances.saturating_sub(before.rebalances));
        if told.client_type == PRODUCER {
            self.metrics.take_producer(told);
        }
    }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::TextEncoder;
    use rdkafka::statistics::{Broker, ConsumerGroup, Window};

    fn shown(metrics: &Metrics) -> Vec<String> {
        let registry = Registry::new();
        metrics.register(&registry).unwrap();
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        let name = |line: &str| line.strip_prefix("watchkeeper_kafka_").map(str::to_owned);
        text.lines().filter_map(name).collect()
    }

    #[test]
    fn brokers_are_summed_up_and_the_slowest_is_told() {
        let broker = |waiting, average| Broker {
            waitresp_msg_cnt: waiting,
            rtt: Some(Window { avg: average, ..Window::default() }),
            ..Broker::default()
        };
        let metrics = Arc::new(Metrics::new().unwrap());
        Meter::of(&metrics).take(&Statistics {
            client_type: PRODUCER.into(),
            msg_cnt: 5,
            msg_size: 60,
            tx_bytes: 1000,
            rx_bytes: 70,
            brokers: [("a".into(), broker(3, 700)), ("b".into(), broker(-1, 900))].into(),
            ..Statistics::default()
        });
        let expected = [
            "in_flight_records 3",
            "queued_bytes 60",
            "queued_records 5",
            "rebalances_total 0",
            "received_bytes_total 70",
            "round_trip_seconds 0.0009",
            "sent_bytes_total 1000",
            "unreadable_sets_total 0",
        ];
        assert_eq!(shown(&metrics), expected);
    }

    #[test]
    fn clients_are_added_up_and_none_is_counted_twice() {
        let metrics = Arc::new(Metrics::new().unwrap());
        let told = |received, rebalances| Statistics {
            client_type: "consumer".into(),
            rx_bytes: received,
            cgrp: Some(ConsumerGroup { rebalance_cnt: rebalances, ..ConsumerGroup::default() }),
            msg_cnt: 9,
            ..Statistics::default()
        };
        let (one, other) = (Meter::of(&metrics), Meter::of(&metrics));
        one.take(&told(100, 1));
        one.take(&told(150, 2));
        other.take(&told(1000, 1));
        let shown = shown(&metrics);
        assert!(shown.contains(&"received_bytes_total 1150".to_owned()), "{shown:?}");
        assert!(shown.contains(&"rebalances_total 3".to_owned()), "{shown:?}");
        assert!(shown.contains(&"queued_records 0".to_owned()), "a consumer queues nothing: {shown:?}");
    }
}
