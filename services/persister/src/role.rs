//! The entry in the table of roles.

use crate::config::PersisterConfig;
use crate::run::run;
use watchkeeper_config::Section;
use watchkeeper_ports::{Group, Ports, Topic};
use watchkeeper_runtime::role::{RoleSpec, SampleRetention, Settings, StartError, Starter};

/// The persister.
pub static ROLE: RoleSpec = RoleSpec {
    name: "persister",
    about: "Stores every sample",
    http_port: 8465,
    grpc: None,
    consumes: &[(Topic::METRICS, Group::PERSISTER)],
    read,
    share: None,
    only_publishes: false,
    check_alone: None,
    start,
};

fn read(root: &mut Section<'_>, settings: &mut Settings) {
    let config = root.section("persister", PersisterConfig::read);
    settings.add_reloadable("persister", SampleRetention(config.retention));
    settings.add_reloadable("persister", config);
}

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let config = starter.reloadable::<PersisterConfig>()?;
    let Ports { bus, samples, schedule, .. } = starter.ports().clone();
    starter.run(run(starter.context(), config, bus, samples, schedule));
    Ok(())
}
