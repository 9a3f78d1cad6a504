//! The result of migrating a database, and the next steps.

use crate::command::print_line;
use crate::command::table::print_table;
use anyhow::ensure;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_migrate::{TakenOver, Takeover, Tally};
use watchkeeper_runtime::Grouped;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Prints the counts of rows and the next steps.
///
/// # Errors
/// If something could not be verified in the store.
pub(super) fn show(takeover: &Takeover, taken: &TakenOver) -> anyhow::Result<()> {
    let headings = ["ROWS READ", "COPIED NOW", "ALREADY THERE", "SKIPPED", "VERIFIED", "MISSING"];
    let counts = [taken.rows, taken.taken, taken.there, taken.left_out.rows(), taken.verified, taken.missing];
    print_table(headings, vec![counts.map(|count| Grouped(count).to_string())], "")?;
    if taken.left_out.rows() > 0 {
        print_line("")?;
        let headings = ["SKIPPED", "ROWS", "FIRST IDS", "FIRST REASON"];
        print_table(headings, taken.left_out.by_kind.iter().map(row).collect(), "")?;
    }
    ensure!(
        taken.missing == 0,
        "{} could not be verified: they are not in the store, or were pruned meanwhile; run again with --again to \
         compare all rows",
        Grouped(taken.missing),
    );
    print_line("")?;
    next_steps(takeover, taken, Timestamp::now()).iter().try_for_each(|line| print_line(line))?;
    Ok(())
}

fn row((kind, tally): (&String, &Tally)) -> [String; 4] {
    let ids: Vec<_> = tally.first_ids.iter().map(u64::to_string).collect();
    [kind.clone(), Grouped(tally.rows).to_string(), ids.join(" "), tally.first_reason.to_string()]
}

fn next_steps(takeover: &Takeover, taken: &TakenOver, now: Timestamp) -> Vec<String> {
    let mut steps = vec![
        "Every row was read, and all valid samples are in the store. If the table is still written to, run the same \
         command again for the rest; --again compares all rows once more."
            .to_owned(),
    ];
    steps.push(if takeover.rollups.is_some() {
        "Analytics recomputes the rollups of this time range when it runs.".to_owned()
    } else {
        "No rollup store was named, so rollups of this time range are not recomputed if analytics has run before: run \
         the same command with --again and --config FILE, or with another --to for the rollups."
            .to_owned()
    });
    if let Some(oldest) = taken.left_out.oldest {
        let days = now.since(oldest).as_secs() / DAY.as_secs() + 2;
        steps.push(format!(
            "Rows older than [persister] retention were skipped: they would be pruned again. To get rollups for them, \
             set retention to {days}d in --config FILE and restart the persister, run the same command with --again, and \
             set retention back once `query rollups` shows them."
        ));
    }
    steps
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchkeeper_adapter_embedded::{EmbeddedRollups, EmbeddedStore};
    use watchkeeper_adapter_postgres::{PostgresMetricsTable, PostgresOptions};
    use watchkeeper_migrate::LeftOuts;

    #[tokio::test]
    async fn what_is_to_be_done_depends_on_what_was_left_out_and_on_where_the_rollups_are() {
        let dir = tempfile::tempdir().unwrap();
        let table =
            PostgresMetricsTable::connect(&PostgresOptions::new("postgres://127.0.0.1:1/db")).unwrap();
        let rollups = Arc::new(EmbeddedRollups::open(dir.path()).unwrap());
        let mut takeover = Takeover {
            table: Arc::new(table),
            samples: EmbeddedStore::open(dir.path()).unwrap().samples(),
            rollups: Some((rollups, Vec::new())),
            retention: 90 * DAY,
            max_series: 1,
            again: false,
        };
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let steps = |takeover: &Takeover, taken: &TakenOver| next_steps(takeover, taken, now).join("\n");
        let said = steps(&takeover, &TakenOver::default());
        assert!(
            said.contains("recomputes the rollups of this time range") && !said.contains("retention"),
            "{said}"
        );
        takeover.rollups = None;
        let left_out = LeftOuts { oldest: Some(now.minus(400 * DAY)), ..LeftOuts::default() };
        let said = steps(&takeover, &TakenOver { left_out, ..TakenOver::default() });
        assert!(said.contains("No rollup store was named") && said.contains("402d"), "{said}");
    }
}
