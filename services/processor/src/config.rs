//! The section `[processor]`.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_domain::Level;
use watchkeeper_domain::event::MAX_ORIGIN_BYTES;
use watchkeeper_ports::Topic;

/// Most records per transaction: the default and the bounds.
const BATCH_RECORDS: (usize, RangeInclusive<usize>) = (20_000, 1..=100_000);
/// How long a record may wait for others: the default and the bounds.
const BATCH_AGE: (Duration, RangeInclusive<Duration>) =
    (Duration::from_millis(200), Duration::ZERO..=Duration::from_secs(10));
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long events are kept: the default and the bounds.
const RETENTION: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(30 * DAY.as_secs()), DAY..=Duration::from_secs(3_660 * DAY.as_secs()));
/// How long some events are kept at least.
const SHORTEST_KEEP: Duration = Duration::from_secs(60 * 60);
/// From which lag on events are deferred: the default and the bounds.
pub const DEFER_FROM_LAG: (u64, RangeInclusive<u64>) = (100_000, 1..=1_000_000_000);
/// Most sections `[[processor.keep]]`.
pub const MAX_KEEPS: usize = 64;
/// Longest name of a topic, as in Kafka.
const MAX_TOPIC_BYTES: usize = 249;
/// Most sections `[[processor.topic]]`.
pub const MAX_TOPICS: usize = 16;

/// Batching, retention and sources of the processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessorConfig {
    /// Most records per transaction.
    pub batch_records: usize,
    /// How long a record may wait for others.
    pub batch_age: Duration,
    /// How long events are kept.
    pub retention: Duration,
    /// Which events are kept for a shorter time.
    pub keep: Vec<Keep>,
    /// From which lag on, in records, events below [`Self::defer_below`] are deferred.
    pub defer_from_lag: u64,
    /// The level below which events may be deferred; `None` if none are.
    pub defer_below: Option<Level>,
}

/// Some events that are kept for a shorter time than others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Those of this service; of all, if `None`.
    pub service: Option<String>,
    /// Those up to this level; of all, if `None`.
    pub up_to: Option<Level>,
    /// How long they are kept.
    pub duration: Duration,
}

/// A further topic with events of other programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTopic {
    /// Its name.
    pub name: String,
    /// How its records are read.
    pub format: Format,
}

/// How the records of a topic are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON objects, and lines for everything else.
    #[default]
    Auto,
    /// JSON objects; everything else is a dead letter.
    Json,
    /// Lines of text, also if they are JSON.
    Line,
    /// Syslog messages, of RFC 5424 or RFC 3164.
    Syslog,
    /// Lines of logfmt: `level=info msg="it works"`.
    Logfmt,
}

/// The word is no format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be auto, json, line, syslog or logfmt")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        Ok(match word {
            "auto" => Self::Auto,
            "json" => Self::Json,
            "line" => Self::Line,
            "syslog" => Self::Syslog,
            "logfmt" => Self::Logfmt,
            _ => return Err(UnknownFormat),
        })
    }
}

impl ProcessorConfig {
    /// Reads the section; missing keys get their defaults.
    pub fn read(section: &mut Section<'_>) -> Self {
        let retention = section.duration("retention", RETENTION.1, RETENTION.0);
        Self {
            batch_records: section.integer("batch_records", BATCH_RECORDS.1, BATCH_RECORDS.0),
            batch_age: section.duration("batch_age", BATCH_AGE.1, BATCH_AGE.0),
            retention,
            keep: section.sections("keep", MAX_KEEPS, |section| Keep::read(section, retention)),
            defer_from_lag: section.integer("defer_from_lag", DEFER_FROM_LAG.1, DEFER_FROM_LAG.0),
            defer_below: section.parsed("defer_below"),
        }
    }
}

impl Keep {
    fn read(section: &mut Section<'_>, retention: Duration) -> Self {
        let keep = Self {
            service: section.optional_text("service", MAX_ORIGIN_BYTES),
            up_to: section.parsed("up_to"),
            duration: section.duration("for", SHORTEST_KEEP..=*RETENTION.1.end(), retention),
        };
        if keep.duration >= retention {
            section.refuse("for", "must be given, and shorter than `retention`");
        }
        if keep.service.is_none() && keep.up_to.is_none() {
            section.refuse("service", "or `up_to` must be given: for all events there is `retention`");
        }
        keep
    }
}

/// The topics of `[[processor.topic]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceTopics(pub Vec<SourceTopic>);

impl SourceTopics {
    /// Reads them; they need a restart.
    pub fn read(section: &mut Section<'_>) -> Self {
        let topics = section.sections("topic", MAX_TOPICS, SourceTopic::read);
        let mut names: Vec<_> = topics.iter().map(|topic| topic.name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            section.refuse("topic", "names a topic twice");
        }
        Self(topics)
    }
}

impl SourceTopic {
    fn read(section: &mut Section<'_>) -> Self {
        let topic = Self {
            name: section.required_text("name", MAX_TOPIC_BYTES),
            format: section.parsed("format").unwrap_or_default(),
        };
        let is_ours = [Topic::EVENTS, Topic::METRICS].iter().any(|own| {
            topic.name.strip_prefix(own.name()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        if is_ours {
            section.refuse("name", "is a topic of Watchkeeper's own: `events` is consumed anyway");
        }
        if topic.name.contains(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)) {
            section.refuse("name", "may have only letters, digits and any of ._- as Kafka's topics have");
        }
        topic
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    fn read<T>(text: &str, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, String> {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(read).map_err(|errors| errors.first()[0].to_string())
    }

    #[test]
    fn every_key_is_read_and_has_a_default() {
        let default = read("", ProcessorConfig::read).unwrap();
        assert_eq!((default.batch_records, default.retention, default.defer_below), (20_000, 30 * DAY, None));
        let text = "batch_records = 5\nbatch_age = \"1s\"\nretention = \"7d\"\ndefer_from_lag = 9\ndefer_below = \"info\"\n\
            [[keep]]\nservice = \"shop\"\nup_to = \"debug\"\nfor = \"1d\"";
        let config = read(text, ProcessorConfig::read).unwrap();
        let keep = Keep { service: Some("shop".into()), up_to: Some(Level::Debug), duration: DAY };
        let expected = ProcessorConfig {
            batch_records: 5,
            batch_age: Duration::from_secs(1),
            retention: 7 * DAY,
            keep: vec![keep],
            defer_from_lag: 9,
            defer_below: Some(Level::Info),
        };
        assert_eq!(config, expected);
    }

    #[test]
    fn what_would_have_no_effect_is_refused() {
        let refused = |text| read(text, ProcessorConfig::read).unwrap_err();
        assert!(
            refused("[[keep]]\nservice = \"a\"").contains("for: must be given, and shorter than `retention`")
        );
        assert!(refused("[[keep]]\nfor = \"1d\"").contains("or `up_to` must be given"));
        assert!(refused("defer_below = \"wran\"").contains("must be trace, debug, info"));
    }

    #[test]
    fn topics_have_a_format_and_are_not_our_own() {
        let topics = read("[[topic]]\nname = \"nginx\"\nformat = \"json\"", SourceTopics::read).unwrap();
        assert_eq!(topics.0, [SourceTopic { name: "nginx".into(), format: Format::Json }]);
        let refused = |text: &str| read(text, SourceTopics::read).unwrap_err();
        for own in ["events", "events.dead", "metrics"] {
            let error = refused(&format!("[[topic]]\nname = \"{own}\""));
            assert!(error.contains("Watchkeeper's own"), "{error}");
        }
        assert!(refused("[[topic]]\nname = \"a b\"").contains("may have only letters"));
        assert!(refused("[[topic]]\nname = \"a\"\nformat = \"xml\"").contains("must be auto, json"));
        assert!(refused("[[topic]]\nname = \"a\"\n[[topic]]\nname = \"a\"").contains("twice"));
    }
}
