//! The entry in the table of roles.

use crate::config::{ProcessorConfig, SourceTopics};
use crate::run::{Processor, run};
use watchkeeper_config::Section;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::{Group, Ports, Topic};
use watchkeeper_runtime::role::{EventRetention, RoleSpec, Settings, StartError, Starter};

/// The processor.
pub static ROLE: RoleSpec = RoleSpec {
    name: "processor",
    about: "Processes and stores logs and events",
    http_port: 8470,
    grpc: None,
    consumes: &[(Topic::EVENTS, Group::PROCESSOR), (Topic::EVENTS_DEFERRED, Group::PROCESSOR)],
    read,
    share: None,
    only_publishes: false,
    check_alone: None,
    start,
};

fn read(root: &mut Section<'_>, settings: &mut Settings) {
    let pipelines = PipelineSet::read(root);
    let (config, topics) =
        root.section("processor", |section| (ProcessorConfig::read(section), SourceTopics::read(section)));
    settings.add("processor.topic", topics);
    settings.add_reloadable("processor", EventRetention(config.retention));
    settings.add_reloadable("processor", config);
    settings.add_reloadable("pipeline", pipelines);
}

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let Ports { bus, events, schedule, answers, .. } = starter.ports().clone();
    let processor = Processor {
        config: starter.reloadable::<ProcessorConfig>()?,
        topics: (*starter.settings::<SourceTopics>()?).clone(),
        pipelines: starter.reloadable::<PipelineSet>()?,
        bus,
        store: events,
        schedule,
        answers,
    };
    starter.run(run(starter.context(), processor));
    Ok(())
}
