//! `watchkeeper delete`.

use super::client::{Client, Parameters};
use super::print_line;
use super::status_line::StatusLine;
use crate::cli::DeleteArgs;
use anyhow::bail;
use std::io::{self, IsTerminal as _, Write as _};
use watchkeeper_runtime::Grouped;
use watchkeeper_wire::json::SeriesDeletionJson;

pub(crate) fn run(args: &DeleteArgs) -> anyhow::Result<()> {
    let client = Client::new(&args.server)?;
    let mut question = Parameters::selecting(&args.selection);
    question.set("dry_run", "true");
    let found: SeriesDeletionJson = client.delete_with("/v1/series", &question)?;
    print_line(&format!("{} match.", series(found.series)))?;
    print_line("Rollups of matching series without samples are deleted, too.")?;
    if args.dry_run {
        return Ok(());
    }
    if !args.yes && !confirmed()? {
        bail!("nothing was deleted");
    }
    let deleted = delete(&client, Parameters::selecting(&args.selection))?;
    print_line(&format!("Deleted {}.", summary(&deleted)))?;
    Ok(())
}

fn confirmed() -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("nothing was deleted: confirm with --yes");
    }
    write!(io::stderr(), "Delete all their samples and rollups? This cannot be undone. [y/N] ")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Deletes request by request.
fn delete(client: &Client, mut question: Parameters) -> anyhow::Result<SeriesDeletionJson> {
    let (mut line, mut all) = (StatusLine::on_stderr(), SeriesDeletionJson::default());
    let mut is_first = true;
    loop {
        let done: SeriesDeletionJson = match client.delete_with("/v1/series", &question) {
            Err(error) if !is_first => {
                line.end();
                return Err(error.context(unfinished(&all)));
            }
            done => done?,
        };
        is_first = false;
        all.series += done.series;
        all.samples += done.samples;
        all.rollups += done.rollups;
        let Some(page) = done.next_page else {
            line.end();
            return Ok(all);
        };
        question.set("page", page);
        if line.due().is_some() {
            let (samples, rollups) = (counted(all.samples, "sample"), counted(all.rollups, "rollup"));
            line.print(&format!("{samples}, {rollups} deleted"));
        }
    }
}

/// What was deleted before an error.
fn unfinished(all: &SeriesDeletionJson) -> String {
    format!("stopped after deleting {}; run the command again for the rest", summary(all))
}

/// `2 series, 1,200 samples and 1 rollup`.
fn summary(SeriesDeletionJson { series: count, samples, rollups, .. }: &SeriesDeletionJson) -> String {
    let (samples, rollups) = (counted(*samples, "sample"), counted(*rollups, "rollup"));
    format!("{}, {samples} and {rollups}", series(*count))
}

/// `1 sample`, `1,200 samples`.
fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", Grouped(count))
}

/// `1 series`, `1,200 series`.
fn series(count: u64) -> String {
    format!("{} series", Grouped(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_after_some_deletions_says_how_much_was_deleted_and_what_to_do() {
        let all =
            SeriesDeletionJson { series: 2, samples: 1_200, rollups: 1, ..SeriesDeletionJson::default() };
        let expected =
            "stopped after deleting 2 series, 1,200 samples and 1 rollup; run the command again for the rest";
        assert_eq!(unfinished(&all), expected);
    }
}
