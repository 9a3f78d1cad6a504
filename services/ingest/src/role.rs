//! The role in the table of roles.

use crate::config::IngestConfig;
use crate::openapi::openapi;
use crate::run::Ingest;
use std::sync::Arc;
use watchkeeper_runtime::role::{RoleSpec, SampleRetention, StartError, Starter};

/// Ingest.
pub static ROLE: RoleSpec = RoleSpec {
    name: "ingest",
    about: "Takes samples from services over HTTP",
    http_port: 8462,
    grpc: None,
    consumes: &[],
    read: |root, settings| settings.add("ingest", root.section("ingest", IngestConfig::read)),
    share: Some(|shared| shared.add(openapi())),
    check_alone: None,
    start,
};

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let config = starter.settings::<IngestConfig>()?.clone();
    // What the persister would not keep is refused at once: it is told where the sender hears it.
    let SampleRetention(retention) = *starter.settings()?;
    let spool = watchkeeper_spool::open(starter.shared(), &config.spool);
    let bus = Arc::clone(&starter.ports().bus);
    let ingest = Ingest::new(starter.context(), config, retention, bus, spool)?;
    starter.serve_http(ingest.router(starter.access()));
    starter.run(ingest.run());
    Ok(())
}
