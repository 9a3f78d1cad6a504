//! `watchkeeper notify`.

use super::data_dir::data_dir;
use super::print_line;
use super::process::block_on;
use crate::cli::{NotifyAction, NotifyArgs};
use crate::config::Config;
use anyhow::{anyhow, ensure};
use std::path::Path;
use watchkeeper_domain::Timestamp;
use watchkeeper_notifier::{NotifierSettings, Trial, try_receiver};

pub(crate) fn run(args: &NotifyArgs) -> anyhow::Result<()> {
    let NotifyAction::Test { receiver, config, data_dir } = &args.action;
    let trials = block_on(send(receiver, config.as_deref(), data_dir.as_deref()))?;
    ensure!(!trials.is_empty(), "receiver {receiver} has no recipient: nobody is notified");
    let failed = trials.iter().filter(|trial| trial.failure.is_some()).count();
    for Trial { channel, recipient, failure } in &trials {
        let outcome =
            failure.as_ref().map_or_else(|| "delivered".to_owned(), |why| format!("not delivered: {why}"));
        print_line(&format!("{} {recipient}: {outcome}", channel.name()))?;
    }
    ensure!(failed == 0, "{failed} of {} test messages not delivered", trials.len());
    Ok(())
}

async fn send(receiver: &str, file: Option<&Path>, dir: Option<&Path>) -> anyhow::Result<Vec<Trial>> {
    let config = Config::load(file)?;
    let settings = config.settings.reloadable::<NotifierSettings>()?.current();
    let mailer = config.backends.open_mailer(&data_dir(dir)?)?;
    let trials = try_receiver(&settings, receiver, mailer, Timestamp::now()).await;
    trials.map_err(|names| {
        anyhow!("there is no receiver {receiver}: the configuration has {}", names.join(", "))
    })
}
