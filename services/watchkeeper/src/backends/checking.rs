//! Checks backends without creating files or directories, and without connecting to engines.

use super::Backends;
use super::client::{Caller, Client as _};
use prometheus::Registry;
use std::fmt::Display;

/// The client name during a check.
const PROCESS: &str = "check-config";

impl Backends {
    /// Errors in the settings of engines that do not depend on this machine: no file is read.
    pub(crate) fn faults(&self) -> Vec<String> {
        let Self { bus, store, cache, rollups, .. } = self;
        errors([
            bus.brokers().map(|brokers| bus.kafka.check(brokers, PROCESS)),
            store.location.engine().map(|url| store.postgres.check(url, PROCESS)),
            cache.engine().map(|url| cache.redis.check(url, PROCESS)),
            rollups.location.engine().map(|url| rollups.mongodb.check(url, PROCESS)),
        ])
    }

    /// Errors on this machine: configured files that cannot be read. Needs a tokio runtime.
    pub(crate) fn faults_here(&self) -> Vec<String> {
        let Self { bus, store, .. } = self;
        let caller = Caller { name: PROCESS, registry: &Registry::new() };
        errors([
            bus.brokers().map(|brokers| bus.kafka.open(brokers, caller).map(drop)),
            store.location.engine().map(|url| store.postgres.open(url, caller).map(drop)),
            Some(self.mail.open_server().map_err(Into::into)),
        ])
    }
}

fn errors<E: Display, const N: usize>(opened: [Option<Result<(), E>>; N]) -> Vec<String> {
    opened.into_iter().flatten().filter_map(|opened| Some(opened.err()?.to_string())).collect()
}
