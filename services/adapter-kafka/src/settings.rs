//! How librdkafka is set up, for each kind of client. Names are those of its CONFIGURATION.md.

use crate::error::{broken, port_error};
use crate::options::{GroupProtocol, KafkaOptions};
use crate::partitioner::PARTITIONER;
use crate::publish::limits::MAX_MESSAGE_BYTES;
use crate::tls;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;
use std::time::Duration;
use watchkeeper_ports::PortError;

/// Most that a consumer holds of what it fetched and nobody has taken yet.
const PREFETCH_KIB: usize = 8 << 10;
/// Most that a consumer fetches at once, compressed, unless a single set of records is larger. librdkafka unpacks all
/// that it fetched at once, and a set may unpack to thousands of times its size.
const FETCH_BYTES: usize = 8 << 10;
/// Most bytes of a set of records as it was sent, and of one packed with zstd once it is unpacked: a larger one cannot
/// be read. Because librdkafka tries buffers each three times as large as the last, that is sure only of a third of it.
/// It has no such limit for gzip and lz4.
const MAX_SET_BYTES: usize = 64 << 20;
/// How long a consumer that holds that much waits until it looks again whether there is room.
const FETCH_AGAIN: Duration = Duration::from_millis(20);
/// The least that librdkafka takes for the size of a message.
const MIN_MESSAGE_BYTES: usize = 1000;
/// How long a reader's fetch waits for more: it never asks past the end.
const READER_WAIT: Duration = Duration::from_millis(10);
/// How long a reader waits after an error of a partition: it asks what lies elsewhere at once.
const READER_BACKOFF: Duration = Duration::from_millis(1);
/// The longest pause before a broker is tried again. Meanwhile nobody is told that a batch is too late, either.
const RECONNECT_WITHIN: Duration = Duration::from_secs(1);
/// How often a client says how it is getting on, if its timeout is not shorter.
const STATISTICS_EVERY: Duration = Duration::from_secs(5);
/// librdkafka wants a second more than the longest fetch.
const MIN_SOCKET_TIMEOUT: Duration = Duration::from_secs(2);

/// What a client is called. An operator who names all of them so has quotas of that name.
const CLIENT_ID: &str = "client.id";

/// What the bus promises rests on these, or other options say them.
const RESERVED: [&str; 24] = [
    "acks",
    "allow.auto.create.topics",
    "auto.commit.enable",
    "auto.offset.reset",
    "bootstrap.servers",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.protocol",
    "isolation.level",
    "message.max.bytes",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "request.required.acks",
    "socket.timeout.ms",
    "statistics.interval.ms",
    "transactional.id",
];

/// How librdkafka is set up.
pub(crate) struct Settings {
    options: KafkaOptions,
}

impl Settings {
    /// # Errors
    /// [`PortError::Broken`] when a setting is passed on that librdkafka does not know, does not take or
    /// that is not to be set. What it says has no value of a secret.
    pub(crate) fn new(options: &KafkaOptions) -> Result<Self, PortError> {
        let reserved = options.settings.keys().find(|key| RESERVED.contains(&key.as_str()));
        if let Some(key) = reserved {
            return Err(broken(format!("the setting {key} of Kafka cannot be chosen: the bus rests on it")));
        }
        tls::check(&options.settings)?;
        let settings = Self { options: options.clone() };
        settings.member("check", "check").create_native_config().map_err(|error| refusal(&error))?;
        Ok(settings)
    }

    pub(crate) fn options(&self) -> &KafkaOptions {
        &self.options
    }

    /// Publishes: idempotent, acknowledged by every replica in sync, keys spread as Java's clients do.
    pub(crate) fn producer(&self) -> ClientConfig {
        let mut config = self.with_defaults(&[("compression.type", "zstd".into())]);
        config
            .set("partitioner", PARTITIONER)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("message.timeout.ms", millis(self.options.timeout))
            .set("message.max.bytes", MAX_MESSAGE_BYTES.to_string())
            // What is on its way is counted before librdkafka sees it.
            .set("queue.buffering.max.messages", "0")
            .set(
                "queue.buffering.max.kbytes",
                self.options.max_in_flight_bytes.saturating_mul(2).div_ceil(1024).to_string(),
            )
            .set("allow.auto.create.topics", "false");
        config
    }

    /// Creates and describes topics.
    pub(crate) fn admin(&self) -> ClientConfig {
        self.with_defaults(&[])
    }

    /// Consumes what Kafka calls `topic` as a member of `group`. Its id tells it from a member of the same group for
    /// another topic in the same process.
    pub(crate) fn member(&self, group: &str, topic: &str) -> ClientConfig {
        let mut config = self.follower(group);
        if !self.options.settings.contains_key(CLIENT_ID) {
            config.set(CLIENT_ID, format!("{}-{topic}", self.options.client_id));
        }
        match self.options.group_protocol {
            GroupProtocol::Classic => config
                .set("group.protocol", "classic")
                .set("partition.assignment.strategy", "cooperative-sticky"),
            GroupProtocol::Consumer => config.set("group.protocol", "consumer"),
        };
        config
    }

    /// Consumes what it is assigned by hand. Whoever takes records says what is done with.
    pub(crate) fn follower(&self, group: &str) -> ClientConfig {
        let mut config = self.with_defaults(&[
            ("queued.max.messages.kbytes", PREFETCH_KIB.to_string()),
            ("fetch.queue.backoff.ms", millis(FETCH_AGAIN)),
            ("check.crcs", "true".into()),
            ("fetch.max.bytes", FETCH_BYTES.to_string()),
            ("max.partition.fetch.bytes", FETCH_BYTES.to_string()),
            ("receive.message.max.bytes", MAX_SET_BYTES.to_string()),
        ]);
        config
            .set("group.id", group)
            // It publishes nothing, and librdkafka would not have it fetch less than this.
            .set("message.max.bytes", MIN_MESSAGE_BYTES.to_string())
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest");
        config
    }

    /// Reads up to the end and no further.
    pub(crate) fn reader(&self, group: &str) -> ClientConfig {
        let mut config = self.follower(group);
        config
            .set("enable.partition.eof", "true")
            // Nobody would read them.
            .set("statistics.interval.ms", "0")
            .set("fetch.wait.max.ms", millis(READER_WAIT))
            .set("fetch.error.backoff.ms", millis(READER_BACKOFF));
        config
    }

    fn with_defaults(&self, defaults: &[(&str, String)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Info);
        config.set(CLIENT_ID, &self.options.client_id);
        config.set("reconnect.backoff.max.ms", millis(RECONNECT_WITHIN));
        for (key, value) in defaults {
            config.set(*key, value);
        }
        for (key, value) in &self.options.settings {
            config.set(key, value);
        }
        config.set("bootstrap.servers", &self.options.brokers);
        config.set("statistics.interval.ms", millis(STATISTICS_EVERY.min(self.options.timeout)));
        config.set("socket.timeout.ms", millis(self.options.timeout.max(MIN_SOCKET_TIMEOUT)));
        config
    }
}

/// A client that is set up so.
pub(crate) fn create<C, T>(config: &ClientConfig, context: C) -> Result<T, PortError>
where
    C: ClientContext,
    T: FromClientConfigAndContext<C>,
{
    config.create_with_context(context).map_err(|error| refusal(&error))
}

/// Says which setting is wrong, but not what it was set to if that may be a secret.
fn refusal(error: &KafkaError) -> PortError {
    match error {
        KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, _, key, _) => {
            broken(format!("librdkafka knows no setting {key}"))
        }
        KafkaError::ClientConfig(_, _, key, _) if may_be_secret(key) => {
            broken(format!("librdkafka does not take the value of its setting {key}"))
        }
        KafkaError::ClientConfig(_, reason, key, _) => {
            broken(format!("librdkafka does not take the value of its setting {key}: {reason}"))
        }
        other => port_error(other),
    }
}

fn may_be_secret(key: &str) -> bool {
    ["password", "secret", "key", "token", "pem", "sasl.oauthbearer.config"]
        .iter()
        .any(|part| key.contains(part))
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(key: &str, value: &str) -> String {
        let mut options = KafkaOptions::at("127.0.0.1:1");
        options.settings.insert(key.into(), value.into());
        match Settings::new(&options) {
            Err(PortError::Broken { reason, .. }) => reason,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("{key} is taken"),
        }
    }

    #[test]
    fn a_setting_that_promises_rest_on_is_refused() {
        for key in RESERVED {
            assert!(refused(key, "1").contains(key));
        }
    }

    #[test]
    fn a_setting_that_is_wrong_is_refused_by_name() {
        assert_eq!(refused("no.such.thing", "1"), "librdkafka knows no setting no.such.thing");
        assert!(refused("security.protocol", "carrier-pigeon").contains("security.protocol"));
    }

    #[test]
    fn a_setting_is_passed_on_and_wins_over_a_default() {
        let mut options = KafkaOptions::at("127.0.0.1:1");
        options.settings.insert("compression.type".into(), "lz4".into());
        let settings = Settings::new(&options).unwrap();
        assert_eq!(settings.producer().get("compression.type"), Some("lz4"));
    }

    #[test]
    fn a_client_is_called_as_its_process_and_a_member_after_its_topic_too_unless_the_settings_say_otherwise()
    {
        let mut options = KafkaOptions::at("127.0.0.1:1");
        options.client_id = "watchkeeper-notifier-web1".into();
        let ids = |options: &KafkaOptions| {
            let settings = Settings::new(options).unwrap();
            let clients = [
                settings.producer(),
                settings.reader("r"),
                settings.member("notifier", "metrics"),
                settings.member("notifier", "metrics.dead"),
            ];
            clients.map(|config| config.get("client.id").unwrap().to_owned())
        };
        let of_process = "watchkeeper-notifier-web1";
        let of_member = |topic| format!("{of_process}-{topic}");
        assert_eq!(
            ids(&options),
            [of_process.into(), of_process.into(), of_member("metrics"), of_member("metrics.dead")]
        );
        options.settings.insert("client.id".into(), "metering".into());
        assert_eq!(ids(&options), ["metering"; 4]);
    }
}
