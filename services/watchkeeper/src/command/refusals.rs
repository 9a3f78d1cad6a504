//! `watchkeeper refusals`.

use super::client::{Client, Parameters};
use super::notice;
use super::table::{print_json, print_table};
use crate::cli::RefusalsArgs;
use watchkeeper_runtime::Grouped;
use watchkeeper_wire::json::{RefusalList, RefusedJson};

pub(crate) fn run(args: &RefusalsArgs) -> anyhow::Result<()> {
    let found: RefusalList = Client::new(&args.server)?.get("/v1/refusals", &Parameters::default())?;
    if args.output.json {
        return print_json(&found.refusals);
    }
    let listed: u64 = found.refusals.iter().map(|refused| refused.items).sum();
    let row = |refused: RefusedJson| {
        [refused.last_at, refused.first_at, refused.client, refused.items.to_string(), refused.reason]
    };
    let nothing = format!("Nothing has been refused since {}.", found.since);
    let headings = ["LAST AT", "FIRST AT", "CLIENT", "ITEMS", "REASON"];
    print_table(headings, found.refusals.into_iter().map(row).collect(), &nothing)?;
    let older = found.refused_total.saturating_sub(listed);
    if older > 0 {
        notice(&format!("{} more have been refused since {}", Grouped(older), found.since));
    }
    Ok(())
}
