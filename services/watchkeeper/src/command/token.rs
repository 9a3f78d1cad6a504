//! `watchkeeper token`.

use super::print_lines;
use crate::cli::TokenArgs;
use watchkeeper_runtime::http::token;

/// Prints a new token, which is kept nowhere, and the section that lets it in.
pub(crate) fn run(args: &TokenArgs) -> anyhow::Result<()> {
    let (token, sha256) = token::generate()?;
    let scopes: Vec<_> = args.scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
    print_lines(&format!(
        "The token, which is shown only now. Give it to the client:\n\n    {token}\n\n\
         What Watchkeeper needs to know of it. Add it to the configuration:\n\n    [[token]]\n    name = {:?}\n    \
         scopes = [{}]\n    sha256 = \"{sha256}\"",
        args.name,
        scopes.join(", "),
    ))?;
    Ok(())
}
