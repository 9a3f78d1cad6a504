//! `watchkeeper token`.

use super::print_lines;
use crate::cli::TokenArgs;
use watchkeeper_runtime::http::token;

/// Prints a new token, which is not stored, and the section that accepts it.
pub(crate) fn run(args: &TokenArgs) -> anyhow::Result<()> {
    let (token, sha256) = token::generate()?;
    let scopes: Vec<_> = args.scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
    print_lines(&format!(
        "The token, shown only once. Give it to the client:\n\n    {token}\n\n\
         Add this to the configuration of Watchkeeper:\n\n    [[token]]\n    name = {:?}\n    \
         scopes = [{}]\n    sha256 = \"{sha256}\"",
        args.name,
        scopes.join(", "),
    ))?;
    Ok(())
}
