//! A year of rollups computed by `up`, against one SQL `GROUP BY` over the same rows.

use crate::running::Running;
use crate::year::{Grouped, Year, group};
use clap::Args;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

#[derive(Args, Debug)]
pub(crate) struct RollupsArgs {
    /// Series, each with samples in every hour of a year
    #[arg(long, default_value_t = 1_000)]
    series: u32,
    /// Samples per series and hour
    #[arg(long, default_value_t = 2)]
    samples: u32,
}

/// Only rollups are active, and a year of samples is kept.
const CONFIG: &str = "[collector.host]\nenabled = false\n[persister]\nretention = \"3660d\"\n";
/// How often to check the progress of `up`.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const MADE: &str = "watchkeeper_analytics_rollups_total";
const BEHIND: &str = "watchkeeper_analytics_windows_behind";

pub(crate) fn run(executable: &Path, args: &RollupsArgs) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let store = dir.path().join("store.db");
    // Creates the files, and exits.
    drop(Running::start(Command::new(executable), dir.path(), CONFIG)?);
    let year = Year { series: args.series, samples_an_hour: args.samples };
    year.fill(&store)?;
    println!(
        "{} series, {:.0} samples, {:.0} hourly rollups",
        args.series,
        year.samples(),
        year.hourly_rollups()
    );

    let ours = make(executable, dir.path(), year.hourly_rollups())?;
    println!("up: hourly and daily rollups computed and stored in {ours:.1?}");
    for (name, what) in [("GROUP BY", Grouped::WithoutP95), ("GROUP BY with p95", Grouped::WithP95)] {
        let theirs = group(&store, &dir.path().join(format!("{name}.db")), what)?;
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        println!("one SQL {name}, hourly, stored: {theirs:.1?}; ratio {ratio:.2}");
    }
    Ok(())
}

/// Lets `up` compute the rollups of the year, and prints its memory meanwhile.
fn make(executable: &Path, data_dir: &Path, hourly: f64) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let up = Running::start(Command::new(executable), data_dir, CONFIG)?;
    let (mut quarter, mut most) = (0.0, 0.0_f64);
    up.wait(LOOK_EVERY, |up| {
        let (made, resident) = (up.metric(MADE)?, up.resident()?);
        most = most.max(resident);
        while made >= quarter / 4.0 * hourly && quarter <= 4.0 {
            println!(
                "  {:.0} % done after {:.1?}: {resident:.1} MiB resident",
                quarter * 25.0,
                started.elapsed()
            );
            quarter += 1.0;
        }
        Ok(made >= hourly && up.metric(BEHIND)? == 0.0)
    })?;
    println!("  peak resident {most:.1} MiB");
    Ok(started.elapsed())
}
