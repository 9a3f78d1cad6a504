//! The samples to send, and their rows in the store.

use std::fmt::Write as _;

/// The row of one sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) series: i64,
    pub(crate) at: i64,
    pub(crate) value: f64,
}

/// Bodies with the same series, each at later times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// The number of series.
    pub(crate) series: u32,
    /// Samples per body.
    pub(crate) batch: u32,
    /// The number of bodies.
    pub(crate) batches: u32,
}

/// 2026-01-01T00:00:00Z in microseconds.
const BEGIN: i64 = 1_767_225_600_000_000;
const SECOND: i64 = 1_000_000;

impl Load {
    pub(crate) fn samples(&self) -> u32 {
        self.batch * self.batches
    }

    /// The rows of body `number`: every series in turn, one second later in each round.
    pub(crate) fn rows(&self, number: u32) -> impl Iterator<Item = Row> {
        let (series, first) = (self.series, number * self.batch);
        (first..first + self.batch).map(move |sample| Row {
            series: i64::from(sample % series),
            at: BEGIN + i64::from(sample / series) * SECOND,
            value: f64::from(sample % 100_003) / 8.0,
        })
    }

    /// Body `number` as a client sends it.
    pub(crate) fn body(&self, number: u32) -> Vec<u8> {
        let mut body = String::from("[");
        for Row { series, at, value } in self.rows(number) {
            let seconds = (at - BEGIN) / SECOND;
            let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
            let day = 1 + seconds / 86_400;
            let comma = if body.len() == 1 { "" } else { "," };
            let _ = write!(
                body,
                r#"{comma}{{"source":"bench","name":"requests_total","labels":{{"host":"web-{:03}","method":"GET","route":"/r/{series}"}},"value":{value},"collected_at":"2026-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z"}}"#,
                series % 100,
            );
        }
        body.push(']');
        body.into_bytes()
    }
}
