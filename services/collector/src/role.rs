//! The entry in the table of roles.

use crate::config::CollectorConfig;
use crate::run::run;
use crate::sources::journal::JournalPorts;
use watchkeeper_config::Section;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::Ports;
use watchkeeper_runtime::role::{DataDir, RoleSpec, Settings, StartError, Starter};
use watchkeeper_spool::SpoolConfig;

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

/// The configuration of the spool, by a type of its own.
#[derive(Debug, PartialEq)]
struct OpenedSpool(SpoolConfig);

fn read(root: &mut Section<'_>, settings: &mut Settings) {
    let config = root.section("collector", CollectorConfig::read);
    let old_names = settings.compatibility().publish_old_names;
    // It is opened when the role starts: of the section it alone needs a restart.
    settings.add("collector.spool", OpenedSpool(config.spool.clone()));
    settings.add_reloadable("collector", CollectorConfig { old_names, ..config });
}

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let config = starter.reloadable::<CollectorConfig>()?;
    let Ports { bus, schedule, .. } = starter.ports().clone();
    let spool = watchkeeper_spool::open(starter.shared(), &config.current().spool);
    let pipelines = starter.reloadable::<PipelineSet>()?;
    let directory = starter.shared().all::<DataDir>().first().map(|DataDir(directory)| directory.clone());
    let journal = directory.map(|directory| JournalPorts { directory, pipelines });
    starter.run(run(starter.context(), config, bus, spool, schedule, journal));
    Ok(())
}
