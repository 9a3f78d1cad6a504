//! `watchkeeper migrate`.

mod installation;
mod origin;
mod outcome;
mod progress;
mod rejected;
mod table;
mod taken_over;

use crate::cli::MigrateArgs;
use crate::config::Config;
use origin::Origin;

pub(crate) fn run(args: &MigrateArgs) -> anyhow::Result<()> {
    let config = Config::load_for("migrate", &[], args.config.as_deref())?;
    match Origin::of(args)? {
        Origin::Installation(dir) => installation::run(args, config, &dir),
        Origin::Database(url) => table::run(args, config, &url),
    }
}
