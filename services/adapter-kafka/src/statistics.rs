//! How the producer is getting on.

use rdkafka::Statistics;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How the producer was getting on when it last said so, which it does every few seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KafkaStatistics {
    /// Records that are on their way, sent or not.
    pub queued_records: u64,
    /// Their keys and values, in bytes.
    pub queued_bytes: u64,
    /// Of these records, those that were sent and are not acknowledged yet.
    pub in_flight_records: u64,
    /// How long the slowest broker takes to answer, on average.
    pub round_trip: Duration,
    /// Bytes that were sent in all, compressed.
    pub sent_bytes: u64,
}

/// The statistics of late.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    last: Mutex<KafkaStatistics>,
}

impl Figures {
    pub(crate) fn last(&self) -> KafkaStatistics {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take(&self, told: &Statistics) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = summary(told);
    }
}

fn summary(told: &Statistics) -> KafkaStatistics {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let brokers = told.brokers.values();
    let round_trips = told.brokers.values().filter_map(|broker| broker.rtt.as_ref());
    KafkaStatistics {
        queued_records: told.msg_cnt,
        queued_bytes: told.msg_size,
        in_flight_records: brokers.map(|broker| count(broker.waitresp_msg_cnt)).sum(),
        round_trip: Duration::from_micros(round_trips.map(|window| count(window.avg)).max().unwrap_or(0)),
        sent_bytes: count(told.tx_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::statistics::{Broker, Window};

    #[test]
    fn brokers_are_summed_up_and_the_slowest_is_told() {
        let broker = |waiting, average| Broker {
            waitresp_msg_cnt: waiting,
            rtt: Some(Window { avg: average, ..Window::default() }),
            ..Broker::default()
        };
        let brokers = [("a".into(), broker(3, 700)), ("b".into(), broker(-1, 900))].into();
        let figures = Figures::default();
        figures.take(&Statistics {
            msg_cnt: 5,
            msg_size: 60,
            tx_bytes: 1000,
            brokers,
            ..Statistics::default()
        });
        let expected = KafkaStatistics {
            queued_records: 5,
            queued_bytes: 60,
            in_flight_records: 3,
            round_trip: Duration::from_micros(900),
            sent_bytes: 1000,
        };
        assert_eq!(figures.last(), expected);
    }
}
