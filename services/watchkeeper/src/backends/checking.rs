//! What opening back ends would say, without a file or directory being made and without an engine.

use super::Backends;
use super::client::{Caller, Client as _};
use prometheus::Registry;
use std::fmt::Display;

/// For whom a process is only made ready.
const PROCESS: &str = "check-config";

impl Backends {
    /// What is wrong with how engines are to be used, whatever machine that is for: no file is read.
    pub(crate) fn faults(&self) -> Vec<String> {
        let Self { bus, store, cache, rollups, .. } = self;
        said([
            bus.place.engine().map(|brokers| bus.kafka.check(brokers, PROCESS)),
            store.place.engine().map(|url| store.postgres.check(url, PROCESS)),
            cache.engine().map(|url| cache.redis.check(url, PROCESS)),
            rollups.place.engine().map(|url| rollups.mongodb.check(url, PROCESS)),
        ])
    }

    /// What else is wrong on this machine: files that are named and cannot be read. On a tokio runtime.
    pub(crate) fn faults_here(&self) -> Vec<String> {
        let Self { bus, store, .. } = self;
        let caller = Caller { name: PROCESS, registry: &Registry::new() };
        said([
            bus.place.engine().map(|brokers| bus.kafka.open(brokers, caller).map(drop)),
            store.place.engine().map(|url| store.postgres.open(url, caller).map(drop)),
            Some(self.mail.open_server().map_err(Into::into)),
        ])
    }
}

fn said<E: Display, const N: usize>(opened: [Option<Result<(), E>>; N]) -> Vec<String> {
    opened.into_iter().flatten().filter_map(|opened| Some(opened.err()?.to_string())).collect()
}
