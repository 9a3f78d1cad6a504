//! `cargo xtask test`.

use crate::browser;
use crate::cargo::cargo;
use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct TestArgs {
    /// Leave out the tests that need a browser
    #[arg(long)]
    without_browser: bool,
    /// Only tests whose name contains this
    filter: Option<String>,
}

/// The tests that need a browser; a plain `cargo test` passes over them.
const IN_A_BROWSER: [&str; 5] = ["test", "--package", "watchkeeper", "--test", "browser"];

pub(crate) fn run(args: &TestArgs) -> anyhow::Result<()> {
    let filter = args.filter.as_deref();
    if !args.without_browser {
        browser::provide()?;
    }
    cargo(["test", "--workspace", "--no-fail-fast"].into_iter().chain(filter))?;
    if args.without_browser {
        return Ok(());
    }
    cargo(IN_A_BROWSER.into_iter().chain(filter).chain(["--", "--ignored"]))
}
