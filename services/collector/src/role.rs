//! The entry in the table of roles.

use crate::config::CollectorConfig;
use crate::run::run;
use watchkeeper_config::Section;
use watchkeeper_ports::Ports;
use watchkeeper_runtime::role::{RoleSpec, Settings, StartError, Starter};

/// The collector.
pub static ROLE: RoleSpec = RoleSpec {
    name: "collector",
    about: "Collects samples from external sources",
    http_port: 8466,
    grpc: None,
    consumes: &[],
    read,
    share: None,
    only_publishes: true,
    check_alone: None,
    start,
};

fn read(root: &mut Section<'_>, settings: &mut Settings) {
    let config = root.section("collector", CollectorConfig::read);
    let old_names = settings.compatibility().publish_old_names;
    settings.add("collector or compatibility", CollectorConfig { old_names, ..config });
}

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let config = (*starter.settings::<CollectorConfig>()?).clone();
    let Ports { bus, schedule, .. } = starter.ports().clone();
    let spool = watchkeeper_spool::open(starter.shared(), &config.spool);
    starter.run(run(starter.context(), config, bus, spool, schedule));
    Ok(())
}
