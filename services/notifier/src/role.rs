//! The entry in the table of roles.

use crate::config::NotifierConfig;
use crate::run::{NotifierPorts, run};
use crate::settings::NotifierSettings;
use std::sync::Arc;
use watchkeeper_config::Section;
use watchkeeper_ports::{Group, Topic};
use watchkeeper_query::ReportSet;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::role::{RoleSpec, Settings, StartError, Starter};

/// The notifier.
pub static ROLE: RoleSpec = RoleSpec {
    name: "notifier",
    about: "Sends notifications when alerts fire and clear",
    http_port: 8468,
    grpc: None,
    // Positions in `metrics.repartition` are in the alert store only: on the bus its lag would be wrong.
    consumes: &[(Topic::METRICS, Group::NOTIFIER), (Topic::METRICS_DEAD, Group::NOTIFIER)],
    read,
    share: None,
    only_publishes: false,
    check_alone: None,
    start,
};

/// Also reads the rules, which the api and the console show, and the reports, which the api runs.
fn read(root: &mut Section<'_>, settings: &mut Settings) {
    let (config, rules) = NotifierConfig::read(root, settings.compatibility().match_old_names);
    let reports: ReportSet = config.reports.clone();
    // Before the rules: the planner must know every rule that an alert comes from. Fails only if reading has refused
    // the same templates with the same rules: then these settings are never used.
    if let Ok(notifier) = NotifierSettings::new(config, Arc::clone(&rules)) {
        settings.add_reloadable("notifier", notifier);
    }
    settings.add_reloadable("report", reports);
    settings.add_reloadable("rules", Arc::unwrap_or_clone(rules));
}

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let (settings, rules) = (starter.reloadable::<NotifierSettings>()?, starter.reloadable::<RuleSet>()?);
    let ports = NotifierPorts::from(starter.ports());
    starter.run(run(starter.context(), settings, rules, ports));
    Ok(())
}
