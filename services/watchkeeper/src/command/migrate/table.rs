//! Migrates the samples of the previous platform.

use super::progress::Reporter;
use super::rejected::Rejected;
use super::taken_over;
use crate::cli::MigrateArgs;
use crate::command::data_dir::data_dir;
use crate::command::process::block_on;
use crate::config::Config;
use anyhow::Context as _;
use watchkeeper_analytics::{AnalyticsConfig, pass_names};
use watchkeeper_migrate::{Event, take_over};
use watchkeeper_persister::PersisterConfig;

pub(super) fn run(args: &MigrateArgs, config: Config, url: &str) -> anyhow::Result<()> {
    let analytics = config.settings.get::<AnalyticsConfig>()?;
    let passes = pass_names(&analytics);
    let dir = data_dir(None)?;
    let mut rejected = args.rejected.as_deref().map(Rejected::append_to).transpose()?;
    let backends =
        if args.to.is_empty() { config.backends } else { config.backends.taking_over_at(&args.to)? };
    let (takeover, taken) = block_on(async {
        let persister = config.settings.get::<PersisterConfig>()?;
        let takeover = backends.open_takeover(url, &dir, &persister, passes, args.again)?;
        let mut reporter = Reporter::on_stderr();
        let taken = take_over(&takeover, &mut |event| {
            if let (Some(rejected), Event::LeavesOut(left_out)) = (&mut rejected, event) {
                rejected.write(left_out);
            }
            reporter.report(event);
        })
        .await;
        reporter.end();
        let taken = taken.context("the migration is incomplete; run the same command again to resume")?;
        anyhow::Ok((takeover, taken))
    })?;
    if let Some(rejected) = rejected {
        rejected.finish()?;
    }
    taken_over::show(&takeover, &taken)
}
