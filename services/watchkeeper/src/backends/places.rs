//! Where engines are, for messages about one that does not answer.

use super::Backends;
use super::client::Client as _;
use std::collections::BTreeMap;

impl Backends {
    /// The engines by the names that roles have for them, with host and port, without users and passwords.
    pub(crate) fn places(&self) -> BTreeMap<&'static str, String> {
        let Self { bus, store, cache, rollups, .. } = self;
        let ingest = bus.of_another_host().map(|url| format!("Watchkeeper at {}:{}", url.host(), url.port()));
        let kafka = || bus.brokers().and_then(|brokers| bus.kafka.place(brokers));
        let postgres = store.location.engine().and_then(|url| store.postgres.place(url));
        let places = [
            ("bus", ingest.or_else(kafka)),
            ("store", postgres.clone()),
            ("outbox", postgres),
            ("cache", cache.engine().and_then(|url| cache.redis.place(url))),
            ("rollups", rollups.location.engine().and_then(|url| rollups.mongodb.place(url))),
        ];
        places.into_iter().filter_map(|(name, place)| Some((name, place?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    fn places(keys: &str) -> BTreeMap<&'static str, String> {
        Document::parse("watchkeeper.toml", keys).unwrap().read(Backends::read).unwrap().places()
    }

    #[test]
    fn embedded_backends_are_at_no_address() {
        assert_eq!(places(""), BTreeMap::new());
    }

    #[test]
    fn the_ingest_of_another_host_is_named_with_its_port() {
        assert_eq!(places("bus = \"https://hub.test\"")["bus"], "Watchkeeper at hub.test:443");
    }

    #[cfg(all(feature = "kafka", feature = "mongodb", feature = "postgres", feature = "redis"))]
    #[test]
    fn an_engine_is_named_with_host_and_port_and_without_user_and_password() {
        let found = places(
            "bus = \"kafka://k1.test:9092,k2.test:9093\"\nstore = \"postgres://ops:s3cret@db.test/watch\"\n\
             cache = \"redis://ops:s3cret@cache.test\"\nrollups = \"mongodb://ops:s3cret@mongo.test:27018/x\"\n",
        );
        let expected = [
            ("bus", "Kafka at k1.test:9092, k2.test:9093"),
            ("cache", "Redis at cache.test:6379"),
            ("outbox", "PostgreSQL at db.test:5432"),
            ("rollups", "MongoDB at mongo.test:27018"),
            ("store", "PostgreSQL at db.test:5432"),
        ];
        assert_eq!(found, expected.map(|(name, place)| (name, place.to_owned())).into());
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn several_servers_and_sockets_are_named_too() {
        let store = |url: &str| places(&format!("store = \"{url}\""))["store"].clone();
        assert_eq!(
            store("postgres://ops:s3cret@a.test:5433,b.test/watch"),
            "PostgreSQL at a.test:5433, b.test:5432"
        );
        assert_eq!(store("postgres:///watch?host=/run/postgresql"), "PostgreSQL at /run/postgresql");
        assert_eq!(store("postgres://u:p%40w@[::1]:5432/watch"), "PostgreSQL at [::1]:5432");
    }
}
