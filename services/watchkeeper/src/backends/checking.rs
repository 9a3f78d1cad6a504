//! What opening back ends would say, without a file or directory being made and without an engine.

use super::Backends;
use watchkeeper_adapter_kafka::KafkaBus;
use watchkeeper_adapter_mongodb::MongoRollups;
use watchkeeper_adapter_postgres::PostgresStore;
use watchkeeper_adapter_redis::RedisCache;
use watchkeeper_ports::PortError;

/// For whom a process is only made ready.
const PROCESS: &str = "check-config";

impl Backends {
    /// What is wrong with how engines are to be used, whatever machine that is for: no file is read.
    pub(crate) fn faults(&self) -> Vec<String> {
        let kafka = self.bus.place.engine().map(|brokers| KafkaBus::check(&self.bus.at(brokers, PROCESS)));
        let postgres = self.store.place.engine().map(|url| PostgresStore::check(&self.store.at(url)));
        let redis = self.cache.engine().map(|options| RedisCache::new(options).map(drop));
        let mongodb =
            self.rollups.place.engine().map(|url| MongoRollups::new(&self.rollups.at(url)).map(drop));
        said([kafka, postgres, redis, mongodb])
    }

    /// What else is wrong on this machine: files that are named and cannot be read. On a tokio runtime.
    pub(crate) fn faults_here(&self) -> Vec<String> {
        let kafka =
            self.bus.place.engine().map(|brokers| KafkaBus::new(&self.bus.at(brokers, PROCESS)).map(drop));
        let postgres =
            self.store.place.engine().map(|url| PostgresStore::connect(&self.store.at(url)).map(drop));
        said([kafka, postgres, Some(self.mail.open_server()), None])
    }
}

fn said<const N: usize>(opened: [Option<Result<(), PortError>>; N]) -> Vec<String> {
    opened.into_iter().flatten().filter_map(|opened| Some(opened.err()?.to_string())).collect()
}
