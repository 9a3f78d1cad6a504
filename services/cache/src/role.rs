//! The entry in the table of roles.

use crate::config::CacheConfig;
use crate::run::{Cache, RefillSource};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Group, Ports, Topic};
use watchkeeper_runtime::role::{GrpcPort, RoleSpec, StartError, Starter};

/// The cache.
pub static ROLE: RoleSpec = RoleSpec {
    name: "cache",
    about: "Keeps the latest value of every series",
    http_port: 8463,
    grpc: Some(GrpcPort { key: "cache_grpc", port: 8464 }),
    consumes: &[(Topic::METRICS, Group::CACHE)],
    read: |root, settings| settings.add_reloadable("cache", root.section("cache", CacheConfig::read)),
    share: None,
    only_publishes: false,
    check_alone: None,
    start,
};

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let config = starter.reloadable::<CacheConfig>()?;
    let Ports { bus, samples, latest, schedule, .. } = starter.ports().clone();
    let refill = RefillSource { samples: samples.clone(), positions: samples };
    let cache = Cache::new(starter.context(), config, bus, refill, latest, schedule)?;
    starter.serve_grpc(&Cache::SERVICES, cache.grpc(starter.access(), Timestamp::now));
    starter.run(cache.run());
    Ok(())
}
