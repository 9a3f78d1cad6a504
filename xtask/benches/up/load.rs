//! The samples to send, and their rows in the store.

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::Duration;
use watchkeeper_domain::Timestamp;

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

/// The time of the first sample of each series: two days ago, well within the retention.
static BEGIN: LazyLock<Timestamp> = LazyLock::new(|| Timestamp::now().window_start(DAY).minus(2 * DAY));
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
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
            at: BEGIN.as_micros() + i64::from(sample / series) * SECOND,
            value: f64::from(sample % 100_003) / 8.0,
        })
    }

    /// Body `number` as a client sends it.
    pub(crate) fn body(&self, number: u32) -> Vec<u8> {
        let mut body = String::from("[");
        for Row { series, at, value } in self.rows(number) {
            let at = Timestamp::from_micros(at).expect("it is an instant of this year");
            let comma = if body.len() == 1 { "" } else { "," };
            let _ = write!(
                body,
                r#"{comma}{{"source":"bench","name":"requests_total","labels":{{"host":"web-{:03}","method":"GET","route":"/r/{series}"}},"value":{value},"collected_at":"{at}"}}"#,
                series % 100,
            );
        }
        body.push(']');
        body.into_bytes()
    }
}
