//! What a migration did, and what is to be done next.

use crate::command::print_line;
use crate::command::table::print_table;
use anyhow::ensure;
use std::path::Path;
use watchkeeper_migrate::{Counts, Line, Report};
use watchkeeper_runtime::Grouped;

/// Prints the table and what is to be done next.
///
/// # Errors
/// When something is not on the other side after all.
pub(super) fn show(report: &Report, moved: &[&str], dir: &Path) -> anyhow::Result<()> {
    let headings = ["", "ALREADY THERE", "COPIED NOW", "KEPT THOUGH DIFFERENT", "VERIFIED", "MISSING"];
    print_table(headings, report.lines.iter().map(row).collect(), "")?;
    let Counts { different, missing, .. } = report.total();
    ensure!(
        missing == 0,
        "{} could not be verified: they are not there, or others write there at the same time; the same command \
         tries again",
        Grouped(missing),
    );
    print_line("")?;
    if different > 0 {
        print_line(&format!(
            "{} were there already and say something else than here. They were kept as they are there.",
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
    let named = format!("Everything is there. Now name the engines in [backends] ({})", moved.join(", "));
    if all_moved {
        [
            format!("{named} and start the roles: `watchkeeper run ROLE --config FILE`."),
            format!(
                "{dir} is as it was, and no longer needed but for mail/, the Maildir, if mail goes there."
            ),
        ]
    } else {
        [
            format!("{named} and start `watchkeeper up --config FILE`."),
            format!("{dir} is as it was, and goes on holding what did not move."),
        ]
    }
}
