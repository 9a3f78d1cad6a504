//! `watchkeeper check-config`.

use super::print_line;
use crate::cli::CheckConfigArgs;
use crate::config::Config;

pub(crate) fn run(args: &CheckConfigArgs) -> anyhow::Result<()> {
    Config::check(&args.file)?;
    print_line(&format!("{} is fine", args.file.display()))?;
    Ok(())
}
