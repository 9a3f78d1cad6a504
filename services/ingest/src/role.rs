//! The entry in the table of roles.

use crate::config::IngestConfig;
use crate::openapi::openapi;
use crate::run::Ingest;
use std::sync::Arc;
use watchkeeper_config::Section;
use watchkeeper_letters::Refused;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::role::{RoleSpec, SampleRetention, Settings, StartError, Starter};

/// Ingest.
pub static ROLE: RoleSpec = RoleSpec {
    name: "ingest",
    about: "Accepts samples from services over HTTP",
    http_port: 8462,
    grpc: None,
    consumes: &[],
    read,
    share: Some(|shared| shared.add(openapi())),
    only_publishes: true,
    check_alone: None,
    start,
};

fn read(root: &mut Section<'_>, settings: &mut Settings) {
    let config = root.section("ingest", IngestConfig::read);
    // It is opened when the role starts: of the section it alone needs a restart.
    settings.add("ingest.spool", config.spool.clone());
    settings.add_reloadable("ingest", config);
}

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let config = starter.reloadable::<IngestConfig>()?;
    // What the persister would not keep is refused at once, so that the sender learns of it.
    let retention = starter.reloadable::<SampleRetention>()?;
    let spool = watchkeeper_spool::open(starter.shared(), &config.current().spool);
    let bus = Arc::clone(&starter.ports().bus);
    let rules = starter.reloadable::<RuleSet>()?;
    let retention = move || retention.current().0;
    // The console shows it beside the dead letters.
    let refused = starter.shared().first_or_add(Refused::default).clone();
    let ingest = Ingest::new(starter.context(), config, rules, retention, bus, spool, refused)?;
    starter.serve_http(ingest.router(starter.access()));
    starter.run(ingest.run());
    Ok(())
}
