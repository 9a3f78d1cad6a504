//! `watchkeeper check-config`.

use super::process::block_on;
use super::rules::warn_about_misspelt;
use super::{notice, print_line};
use crate::cli::CheckConfigArgs;
use crate::config::Config;
use crate::instance::Instance;
use crate::role::{ROLES, Role};
use anyhow::Context as _;
use std::path::Path;
use watchkeeper_rules::RuleSet;

pub(crate) fn run(args: &CheckConfigArgs) -> anyhow::Result<()> {
    let CheckConfigArgs { file, role } = args;
    let config = Config::check(file)?;
    block_on(async { config.check_backends() }).with_context(|| file.display().to_string())?;
    match *role {
        Some(instance) => config.check_alone(instance, file).with_context(|| file.display().to_string())?,
        None => warn_if_run_refuses(&config, file),
    }
    warn_about_missing_files(*role, file)?;
    warn_about_misspelt(&*config.settings.get::<RuleSet>()?);
    print_line(&format!("{} is fine", file.display()))?;
    Ok(())
}

/// A file for `up` need not work for `run`; a file that names engines may be for either.
fn warn_if_run_refuses(config: &Config, file: &Path) {
    if !config.backends.has_engines() {
        return;
    }
    // The first reason is enough: missing engines are the same for all roles.
    let may_run = |role: &Role| role.only_publishes || !config.backends.publish_to_another_host();
    let refusal =
        ROLES.iter().copied().filter(may_run).find_map(|role| config.check_alone(role.into(), file).err());
    if let Some(reason) = refusal {
        notice(&format!("`watchkeeper run` would refuse it: {reason}"));
    }
}

/// The file may be for another machine, so files that are missing here are a notice, not an error.
fn warn_about_missing_files(only: Option<Instance>, file: &Path) -> anyhow::Result<()> {
    let loaded = match only {
        Some(instance) => Config::load_for(&instance.to_string(), &[instance.role], Some(file)),
        None => Config::load(Some(file)),
    };
    let missing = match loaded {
        Ok(config) => block_on(async { Ok(config.backends.faults_here()) })?.join("\n"),
        Err(errors) => errors.to_string(),
    };
    if !missing.is_empty() {
        notice(&format!("Watchkeeper would not start with this file on this machine:\n{missing}"));
    }
    Ok(())
}
