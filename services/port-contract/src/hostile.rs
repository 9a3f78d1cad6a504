//! Hostile records, for tests of consumers: whatever is on a topic, the good record behind it must be
//! consumed.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::BTreeSet;
use watchkeeper_ports::limits::{HEADER_OVERHEAD_BYTES, MAX_HEADER_BYTES, MAX_RECORD_BYTES};
use watchkeeper_ports::{BatchBuilder, Header, RecordBatch};

const RECORDS: usize = 12;
/// Longest random key or value.
const MAX_RANDOM_BYTES: usize = 200;
/// Beginnings of samples and dead letters, to build something that is neither.
const ALMOST: [&str; 6] = [
    r#"{"source":"a","name":"b","value":1,"collected_at":"2026-11-20T10:00:00Z"}"#,
    r#"{"source":"a","name":"b","value":1e999,"collected_at":"9999-12-31T23:59:59Z"}"#,
    r#"{"source":"","name":null,"labels":{"a":{"a":[]}},"value":"NaN"}"#,
    r#"{"source":"\u0000\u202e","name":"\ud800","value":1}"#,
    "[]",
    "\u{feff}{}",
];
/// The names of our own headers, as anybody may use them.
const OURS: [&str; 12] = [
    "watchkeeper.reason",
    "watchkeeper.rejected-by",
    "watchkeeper.rejected-at",
    "watchkeeper.topic",
    "watchkeeper.partition",
    "watchkeeper.offset",
    "watchkeeper.replayed",
    "watchkeeper.replayed-from",
    "watchkeeper.moved-from",
    "watchkeeper.size-bytes",
    "watchkeeper.sha256",
    "watchkeeper.unreadable-until",
];
const SAID: [&str; 7] =
    ["", "0", "-1", "18446744073709551615", "metrics", "9999-12-31T23:59:59Z", "0/18446744073709551615"];

/// Some records within the limits of a bus, different for each seed. A few are always as large as a record
/// may be. None is a sample or a dead letter that could be mistaken for what a test publishes itself.
pub fn records(seed: u64) -> RecordBatch {
    let mut random = StdRng::seed_from_u64(seed);
    let mut batch = BatchBuilder::default();
    for _ in 0..RECORDS {
        let (key, value, headers) = (key(&mut random), value(&mut random), headers(&mut random));
        let value = &value[..value.len().min(MAX_RECORD_BYTES - key.len())];
        batch.push_with_headers(&key, value, headers);
    }
    batch.finish()
}

fn bytes(random: &mut StdRng) -> Vec<u8> {
    let length = random.random_range(0..MAX_RANDOM_BYTES);
    (0..length).map(|_| random.random()).collect()
}

fn key(random: &mut StdRng) -> Vec<u8> {
    match random.random_range(0..20) {
        0 => vec![b'k'; MAX_RECORD_BYTES],
        1..5 => Vec::new(),
        _ => bytes(random),
    }
}

fn value(random: &mut StdRng) -> Vec<u8> {
    match random.random_range(0..12) {
        0 => vec![b'['; MAX_RECORD_BYTES],
        1 => vec![b' '; MAX_RECORD_BYTES],
        2 => vec![0; MAX_RECORD_BYTES],
        3 => Vec::new(),
        4 => bytes(random),
        _ => almost(random),
    }
}

/// A text of [`ALMOST`] with one byte changed, so that it is refused or is a sample of another source.
fn almost(random: &mut StdRng) -> Vec<u8> {
    let mut text = ALMOST[random.random_range(0..ALMOST.len())].as_bytes().to_vec();
    let at = random.random_range(0..text.len());
    text[at] = random.random();
    text
}

fn headers(random: &mut StdRng) -> Vec<Header> {
    match random.random_range(0..10) {
        0 => vec![(String::new(), String::new()); MAX_HEADER_BYTES / HEADER_OVERHEAD_BYTES],
        1 => vec![("h".to_owned(), "x".repeat(MAX_HEADER_BYTES - HEADER_OVERHEAD_BYTES - 1))],
        2..5 => {
            let names: BTreeSet<_> = (0..OURS.len()).map(|_| random.random_range(0..OURS.len())).collect();
            let said = |name: usize, random: &mut StdRng| {
                (OURS[name].to_owned(), SAID[random.random_range(0..SAID.len())].to_owned())
            };
            names.into_iter().map(|name| said(name, random)).collect()
        }
        5 => vec![("плохо\u{202e}".to_owned(), "\u{2028}\n\r\u{1b}[2J".to_owned())],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::limits::check;

    #[test]
    fn every_bus_takes_what_is_hostile() {
        for seed in 0..50 {
            assert_eq!(check(&records(seed)), Ok(()), "{seed}");
        }
    }
}
