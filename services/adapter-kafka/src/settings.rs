//! librdkafka's settings for each kind of client. Names are those of its CONFIGURATION.md.

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

/// Most that a consumer prefetches, in KiB.
const PREFETCH_KIB: usize = 8 << 10;
/// Most that a consumer fetches at once, compressed, unless a single record batch is larger. librdkafka
/// decompresses a whole fetch at once, and a batch may expand thousands of times.
const FETCH_BYTES: usize = 8 << 10;
/// Most bytes of a record batch as it was sent, and of a zstd batch once decompressed: a larger one cannot be
/// read. librdkafka tries buffers of three times the previous size, so only a third of this is certain. It
/// has no such limit for gzip and lz4.
const MAX_SET_BYTES: usize = 64 << 20;
/// How long a consumer with a full prefetch waits before it checks again.
const FETCH_AGAIN: Duration = Duration::from_millis(5);
/// librdkafka's minimum for the size of a message.
const MIN_MESSAGE_BYTES: usize = 1000;
/// How long a reader's fetch waits for more: it never reads past the high watermark.
const READER_WAIT: Duration = Duration::from_millis(10);
/// How long a reader waits after a partition error: it reads at another offset at once.
const READER_BACKOFF: Duration = Duration::from_millis(1);
/// The longest pause before reconnecting to a broker. Expired batches are not reported meanwhile either.
const RECONNECT_WITHIN: Duration = Duration::from_secs(1);
/// How often a client reports statistics, if its timeout is not shorter.
const STATISTICS_EVERY: Duration = Duration::from_secs(5);
/// librdkafka requires a second more than the longest fetch.
const MIN_SOCKET_TIMEOUT: Duration = Duration::from_secs(2);

/// The client ID. If an operator sets it, all clients share the quotas for that name.
const CLIENT_ID: &str = "client.id";

/// Reserved: the bus's guarantees depend on these, or other options set them.
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

pub(crate) struct Settings {
    options: KafkaOptions,
}

impl Settings {
    /// # Errors
    /// [`PortError::Broken`] when librdkafka does not know a setting or refuses its value, or when it is
    /// reserved. The message has no value of a secret.
    pub(crate) fn new(options: &KafkaOptions) -> Result<Self, PortError> {
        let reserved = options.settings.keys().find(|key| RESERVED.contains(&key.as_str()));
        if let Some(key) = reserved {
            return Err(broken(format!("the Kafka setting {key} is reserved: the bus depends on its value")));
        }
        tls::check(&options.settings)?;
        let settings = Self { options: options.clone() };
        settings.member("check", "check").create_native_config().map_err(|error| refusal(&error))?;
        Ok(settings)
    }

    pub(crate) fn options(&self) -> &KafkaOptions {
        &self.options
    }

    /// The producer: idempotent, acknowledged by all in-sync replicas, with the partitioner of Java's
    /// clients.
    pub(crate) fn producer(&self) -> ClientConfig {
        let mut config = self.with_defaults(&[("compression.type", "zstd".into())]);
        config
            .set("partitioner", PARTITIONER)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("message.timeout.ms", millis(self.options.timeout))
            .set("message.max.bytes", MAX_MESSAGE_BYTES.to_string())
            // Bytes in flight are counted before librdkafka sees them.
            .set("queue.buffering.max.messages", "0")
            .set(
                "queue.buffering.max.kbytes",
                self.options.max_in_flight_bytes.saturating_mul(2).div_ceil(1024).to_string(),
            )
            .set("allow.auto.create.topics", "false");
        config
    }

    pub(crate) fn admin(&self) -> ClientConfig {
        self.with_defaults(&[])
    }

    /// A member of `group` that consumes `topic` (its name in Kafka). Its id differs from that of a member of
    /// the same group for another topic in the same process.
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

    /// A consumer with manual assignment and manual commits.
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
            // It publishes nothing, and librdkafka does not allow a fetch size below this.
            .set("message.max.bytes", MIN_MESSAGE_BYTES.to_string())
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest");
        config
    }

    /// A reader, which stops at the high watermark.
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

/// Creates a client with these settings.
pub(crate) fn create<C, T>(config: &ClientConfig, context: C) -> Result<T, PortError>
where
    C: ClientContext,
    T: FromClientConfigAndContext<C>,
{
    config.create_with_context(context).map_err(|error| refusal(&error))
}

/// Names the wrong setting, but not its value if that may be a secret.
fn refusal(error: &KafkaError) -> PortError {
    match error {
        KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, _, key, _) => {
            broken(format!("librdkafka has no setting {key}"))
        }
        KafkaError::ClientConfig(_, _, key, _) if may_be_secret(key) => {
            broken(format!("librdkafka refuses the value of its setting {key}"))
        }
        KafkaError::ClientConfig(_, reason, key, _) => {
            broken(format!("librdkafka refuses the value of its setting {key}: {reason}"))
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
        assert_eq!(refused("no.such.thing", "1"), "librdkafka has no setting no.such.thing");
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
