//! The entry in the table of roles.

use crate::config::IngestConfig;
use crate::openapi::openapi;
use crate::run::{Ingest, OfOtherRoles};
use std::sync::Arc;
use watchkeeper_config::Section;
use watchkeeper_letters::Refused;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::role::{
    EventRetention, GrpcPort, RoleSpec, SampleRetention, Settings, StartError, Starter,
};

/// Ingest.
pub static ROLE: RoleSpec = RoleSpec {
    name: "ingest",
    about: "Accepts samples and events from services",
    http_port: 8462,
    grpc: Some(GrpcPort { key: "ingest_grpc", port: 8471 }),
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
    // So are the sockets of syslog.
    settings.add("ingest.syslog", config.syslog.listen);
    settings.add_reloadable("ingest", config);
}

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let config = starter.reloadable::<IngestConfig>()?;
    // What the store would not keep is refused at once, so that the sender learns of it.
    let samples = starter.reloadable::<SampleRetention>()?;
    let events = starter.reloadable::<EventRetention>()?;
    let others = OfOtherRoles {
        sample_retention: Box::new(move || samples.current().0),
        event_retention: Box::new(move || events.current().0),
        pipelines: starter.reloadable::<PipelineSet>()?,
    };
    let spool = watchkeeper_spool::open(starter.shared(), &config.current().spool);
    let bus = Arc::clone(&starter.ports().bus);
    let rules = starter.reloadable::<RuleSet>()?;
    // The console shows it beside the dead letters.
    let refused = starter.shared().first_or_add(Refused::default).clone();
    let ingest = Ingest::new(starter.context(), config, rules, others, bus, spool, refused)?;
    starter.serve_grpc(&Ingest::SERVICES, ingest.grpc(starter.access()));
    starter.serve_http(ingest.router(starter.access()));
    if let Some(syslog) = ingest.syslog()? {
        starter.run(syslog.run());
    }
    starter.run(ingest.run());
    Ok(())
}
