//! `watchkeeper move`.

mod outcome;
mod progress;

use super::data_dir::data_dir;
use super::process::block_on;
use crate::cli::MoveArgs;
use crate::config::Config;
use anyhow::Context as _;
use progress::Telling;
use watchkeeper_analytics::pass_names;

pub(crate) fn run(args: &MoveArgs) -> anyhow::Result<()> {
    let config = Config::load(args.config.as_deref())?;
    let passes = pass_names(&config.analytics);
    let engines = if args.to.is_empty() { config.backends } else { config.backends.placed_at(&args.to)? };
    let dir = match &args.from {
        Some(dir) => std::path::absolute(dir).context("--from")?,
        None => data_dir(None)?,
    };
    let report = block_on(async {
        let moving = engines.open_move(&dir).with_context(|| format!("cannot move {}", dir.display()))?;
        let mut telling = Telling::on_stderr();
        let moved = watchkeeper_move::run(&moving, &passes, &mut |event| telling.tell(event)).await;
        telling.end();
        moved.context("not everything is moved; the same command goes on from here")
    })?;
    outcome::show(&report, &engines.moved(), &dir)
}
