//! `watchkeeper notify`.

use super::data_dir::data_dir;
use super::process::block_on;
use super::{notice, print_line};
use crate::cli::{NotifyAction, NotifyArgs};
use crate::config::Config;
use crate::systemd::{NoAnswer, Systemd};
use anyhow::{Error, anyhow, ensure};
use std::path::Path;
use std::sync::Arc;
use watchkeeper_domain::Timestamp;
use watchkeeper_notifier::{
    FailedUnit, NotifierSettings, ROLE as NOTIFIER, Trial, notify_of_failed_unit, try_receiver,
};
use watchkeeper_ports::Mailer;
use watchkeeper_runtime::host_name;

pub(crate) fn run(args: &NotifyArgs) -> anyhow::Result<()> {
    match &args.action {
        NotifyAction::Test { receiver, config, data_dir } => {
            test(receiver, config.as_deref(), data_dir.as_deref())
        }
        NotifyAction::Failed { unit, config, data_dir } => failed(unit, config, data_dir.as_deref()),
    }
}

fn test(receiver: &str, file: Option<&Path>, dir: Option<&Path>) -> anyhow::Result<()> {
    let trials = block_on(async {
        let (settings, mailer) = open(file, dir)?;
        let trials = try_receiver(&settings, receiver, mailer, Timestamp::now()).await;
        trials.map_err(|names| {
            anyhow!("there is no receiver {receiver}: the configuration has {}", names.join(", "))
        })
    })?;
    ensure!(!trials.is_empty(), "receiver {receiver} has no recipient: nobody is notified");
    print(&trials)
}

fn failed(unit: &str, file: &Path, dir: Option<&Path>) -> anyhow::Result<()> {
    let (failed, trials) = block_on(async {
        let (settings, mailer) = open(Some(file), dir)?;
        let why = match why(unit).await {
            Ok(why) => why,
            Err(error) => {
                notice(&format!("the message does not say why {unit} failed: {error}"));
                None
            }
        };
        let failed = FailedUnit { unit: unit.to_owned(), host: host_name(), why };
        let trials = notify_of_failed_unit(&settings, &failed, mailer, Timestamp::now()).await;
        Ok((failed, trials.map_err(Error::from_boxed)?))
    })?;
    print_line(&failed.sentence())?;
    if trials.is_empty() {
        let file = file.display();
        print_line(&format!("nobody is notified: {file} has no [[notifier.receiver]] with a recipient"))?;
    }
    print(&trials)
}

/// `None` if systemd knows of no failure: somebody may have started the unit again.
async fn why(unit: &str) -> Result<Option<String>, NoAnswer> {
    Ok(Systemd::connect().await?.unit(unit).await?.failure())
}

fn open(file: Option<&Path>, dir: Option<&Path>) -> anyhow::Result<(Arc<NotifierSettings>, Arc<dyn Mailer>)> {
    let config = Config::load_for(NOTIFIER.name, &[&NOTIFIER], file)?;
    let settings = config.settings.reloadable::<NotifierSettings>()?.current();
    Ok((settings, config.backends.open_mailer(&data_dir(dir)?)?))
}

/// Prints what became of each message.
///
/// # Errors
/// The recipients of those that were not delivered.
fn print(trials: &[Trial]) -> anyhow::Result<()> {
    let mut failed = Vec::new();
    for Trial { channel, recipient, failure } in trials {
        let to = format!("{} {recipient}", channel.name());
        match failure {
            None => print_line(&format!("{to}: delivered"))?,
            Some(why) => {
                print_line(&format!("{to}: not delivered: {why}"))?;
                failed.push(to);
            }
        }
    }
    ensure!(
        failed.is_empty(),
        "{} of {} messages not delivered: {}",
        failed.len(),
        trials.len(),
        failed.join(", ")
    );
    Ok(())
}
