//! The entry in the table of roles.

use crate::config::NotifierConfig;
use crate::run::{NotifierPorts, run};
use crate::settings::NotifierSettings;
use std::sync::Arc;
use watchkeeper_config::Section;
use watchkeeper_ports::{Group, Topic};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::role::{RoleSpec, Settings, StartError, Starter};

/// The notifier.
pub static ROLE: RoleSpec = RoleSpec {
    name: "notifier",
    about: "Sends notifications when alerts fire and clear",
    http_port: 8468,
    grpc: None,
    consumes: &[(Topic::METRICS, Group::NOTIFIER)],
    read,
    share: None,
    check_alone: None,
    start,
};

/// Also reads the rules, which the api and the console show.
fn read(root: &mut Section<'_>, settings: &mut Settings) {
    let (config, mut rules) = NotifierConfig::read(root);
    if settings.compatibility().match_old_names {
        rules = Arc::new(Arc::unwrap_or_clone(rules).with_old_names());
    }
    // Before the rules: who plans is to know each rule of which an alert comes. What fails here was refused when it
    // was read.
    if let Ok(notifier) = NotifierSettings::new(config, Arc::clone(&rules)) {
        settings.add_reloadable("notifier", notifier);
    }
    settings.add_reloadable("rule, inhibit or compatibility", Arc::unwrap_or_clone(rules));
}

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let (settings, rules) = (starter.reloadable::<NotifierSettings>()?, starter.reloadable::<RuleSet>()?);
    let ports = NotifierPorts::from(starter.ports());
    starter.run(run(starter.context(), settings, rules, ports));
    Ok(())
}
