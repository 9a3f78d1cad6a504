//! Names of topics and groups in Kafka.

use crate::error::rejected;
use watchkeeper_ports::{Group, PortError, Topic};

/// Longest topic name in Kafka.
const MAX_TOPIC_BYTES: usize = 249;
/// The prefix of Kafka's internal topics.
const INTERNAL: &str = "__";

/// Puts a prefix before every name.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: String,
}

impl Names {
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// The name of `topic` in Kafka.
    pub(crate) fn topic(&self, topic: &Topic) -> String {
        format!("{}{topic}", self.prefix)
    }

    /// The same, for a topic to create.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when Kafka does not allow this name.
    pub(crate) fn legal_topic(&self, topic: &Topic) -> Result<String, PortError> {
        let name = self.topic(topic);
        let is_legal = (1..=MAX_TOPIC_BYTES).contains(&name.len())
            && !matches!(name.as_str(), "." | "..")
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        if is_legal {
            return Ok(name);
        }
        Err(rejected(format!(
            "{name:?} cannot be a topic: a name has 1 to {MAX_TOPIC_BYTES} ASCII letters, digits, '.', '_' and '-'"
        )))
    }

    /// The topic with this name in Kafka, unless it is internal or lacks this prefix.
    pub(crate) fn topic_of(&self, name: &str) -> Option<Topic> {
        let own = name.strip_prefix(&self.prefix)?;
        (!name.starts_with(INTERNAL) && !own.is_empty()).then(|| Topic::named(own.to_owned()))
    }

    /// The name of `group` in Kafka.
    pub(crate) fn group(&self, group: &Group) -> String {
        format!("{}{group}", self.prefix)
    }

    /// A name for consumers that neither join a group nor commit: librdkafka requires one.
    pub(crate) fn no_group(&self) -> String {
        format!("{}watchkeeper-reader", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_known_by_its_prefix() {
        let names = Names::new("test.");
        assert_eq!(names.legal_topic(&Topic::METRICS).unwrap(), "test.metrics");
        assert_eq!(names.topic_of("test.metrics"), Some(Topic::METRICS));
        assert_eq!(names.topic_of("metrics"), None);
        assert_eq!(names.topic_of("test."), None);
        assert_eq!(Names::new("").topic_of("__consumer_offsets"), None);
    }

    #[test]
    fn a_name_that_kafka_would_not_have_is_refused() {
        let names = Names::new("");
        assert!(names.legal_topic(&Topic::named("a".repeat(MAX_TOPIC_BYTES))).is_ok());
        for name in ["", ".", "..", "a b", "a/b", "ж", "a\0", &"a".repeat(MAX_TOPIC_BYTES + 1)] {
            let refusal = names.legal_topic(&Topic::named(name.to_owned())).unwrap_err();
            assert!(matches!(refusal, PortError::Rejected { .. }), "{name:?}");
        }
    }
}
