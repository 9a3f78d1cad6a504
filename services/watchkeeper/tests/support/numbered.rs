//! Samples or events that have numbers, to see which of them were kept.

use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Samples,
    Events,
}

/// Items of one kind. The value of a sample, and the message of an event, is its number.
pub(crate) struct Numbered {
    kind: Kind,
    /// The source of the samples, or the service of the events.
    source: &'static str,
    /// Samples have so many series.
    series: u64,
    /// The instant of number 0; each number has one of its own.
    first_at: Timestamp,
}

impl Numbered {
    pub(crate) const fn new(kind: Kind, source: &'static str, series: u64, first_at: Timestamp) -> Self {
        Self { kind, source, series, first_at }
    }

    /// Where they are posted to.
    pub(crate) const fn path(&self) -> &'static str {
        match self.kind {
            Kind::Samples => "/v1/samples",
            Kind::Events => "/v1/events",
        }
    }

    /// A body of these.
    pub(crate) fn body(&self, numbers: Range<u64>) -> String {
        let item = |number| match self.kind {
            Kind::Samples => self.sample(number),
            Kind::Events => self.event(number),
        };
        format!("[{}]", numbers.map(item).collect::<Vec<_>>().join(","))
    }

    fn sample(&self, number: u64) -> String {
        let (source, of) = (self.source, number % self.series);
        let at = self.first_at.plus(Duration::from_micros(number));
        format!(
            r#"{{"source":"{source}","name":"number","labels":{{"of":"{of}"}},"value":{number},"collected_at":"{at}"}}"#
        )
    }

    /// Of all levels and of many minutes, which are counted one by one. Every other one has an id of its producer.
    fn event(&self, number: u64) -> String {
        const LEVELS: [&str; 4] = ["debug", "info", "warn", "error"];
        const EACH: Duration = Duration::from_millis(10);
        let source = self.source;
        let at = self.first_at.plus(EACH * u32::try_from(number).expect("there are not that many"));
        let level = LEVELS[usize::try_from(number % 4).expect("it is below 4")];
        let id =
            if number.is_multiple_of(2) { format!(r#""id":"{source}-{number}","#) } else { String::new() };
        format!(
            r#"{{{id}"time":"{at}","level":"{level}","service":"{source}","message":"{number}","of":{number}}}"#
        )
    }
}
