//! Migrates an embedded installation to engines.

use super::outcome;
use super::progress::Reporter;
use crate::cli::MigrateArgs;
use crate::command::process::block_on;
use crate::config::Config;
use anyhow::Context as _;
use std::path::Path;
use watchkeeper_analytics::{AnalyticsConfig, pass_names};

pub(super) fn run(args: &MigrateArgs, config: Config, dir: &Path) -> anyhow::Result<()> {
    let analytics = config.settings.get::<AnalyticsConfig>()?;
    let passes = pass_names(&analytics);
    let engines = if args.to.is_empty() { config.backends } else { config.backends.placed_at(&args.to)? };
    let report = block_on(async {
        let moving =
            engines.open_migration(dir).with_context(|| format!("cannot migrate {}", dir.display()))?;
        let mut reporter = Reporter::on_stderr();
        let moved = watchkeeper_migrate::run(&moving, &passes, &mut |event| reporter.report(event)).await;
        reporter.end();
        moved.context("the migration is incomplete; run the same command again to resume")
    })?;
    outcome::show(&report, &engines.moved(), dir)
}
