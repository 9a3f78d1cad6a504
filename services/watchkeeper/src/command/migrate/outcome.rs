//! The result of a migration, and the next steps.

use crate::command::print_line;
use crate::command::table::print_table;
use anyhow::ensure;
use std::path::Path;
use watchkeeper_migrate::{Counts, Line, Report};
use watchkeeper_runtime::Grouped;

/// Prints the counts and the next steps.
///
/// # Errors
/// If something could not be verified at the destination.
pub(super) fn show(report: &Report, moved: &[&str], dir: &Path) -> anyhow::Result<()> {
    let headings = ["", "ALREADY THERE", "COPIED NOW", "DIFFERENT, KEPT", "VERIFIED", "MISSING"];
    print_table(headings, report.lines.iter().map(row).collect(), "")?;
    let Counts { different, missing, .. } = report.total();
    ensure!(
        missing == 0,
        "{} could not be verified: they are missing at the destination, or another process writes there; run the \
         same command again",
        Grouped(missing),
    );
    print_line("")?;
    if different > 0 {
        print_line(&format!(
            "{} already existed at the destination with different content. They were not changed.",
            Grouped(different),
        ))?;
    }
    next_steps(moved, dir).iter().try_for_each(|line| print_line(line))?;
    Ok(())
}

fn row(line: &Line) -> [String; 6] {
    let Counts { there, copied, different, verified, missing } = line.counts;
    let [there, copied, different, verified, missing] =
        [there, copied, different, verified, missing].map(|count| Grouped(count).to_string());
    [line.what.to_owned(), there, copied, different, verified, missing]
}

fn next_steps(moved: &[&str], dir: &Path) -> [String; 2] {
    let dir = dir.display();
    let all_moved = ["bus", "store", "rollups"].iter().all(|key| moved.contains(key));
    let named =
        format!("Everything is there. Now configure the engines in [backends] ({})", moved.join(", "));
    if all_moved {
        [
            format!("{named} and start the roles: `watchkeeper run ROLE --config FILE`."),
            format!(
                "{dir} is unchanged. It is no longer needed, except for the Maildir mail/ if mail goes there."
            ),
        ]
    } else {
        [
            format!("{named} and start `watchkeeper up --config FILE`."),
            format!("{dir} is unchanged, and still holds what was not migrated."),
        ]
    }
}
