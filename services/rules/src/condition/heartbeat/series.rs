//! The series of heartbeats.

use watchkeeper_domain::Series;

/// The source of all of them.
pub const SOURCE: &str = "heartbeat";
/// The name of the series of reports. Its values are [`SUCCEEDED`], [`FAILED`] and [`STARTED`].
pub const STATE: &str = "state";
/// The name of the series that says for how many seconds heartbeats could be received without a break.
pub const LISTENING: &str = "listening_seconds";
/// The label that names the job.
pub(super) const JOB: &str = "heartbeat";

/// The job's run failed.
pub const FAILED: f64 = 0.0;
/// The job has run.
pub const SUCCEEDED: f64 = 1.0;
/// A run has started.
pub const STARTED: f64 = 2.0;

/// The series of a job's reports: `heartbeat/state{heartbeat="backup"}`.
///
/// # Panics
/// If the job has a name that no configuration may have.
pub fn state_series(job: &str) -> Series {
    Series::new(SOURCE, STATE, "", &[(JOB, job)]).expect("the name of a job is a valid label")
}

/// `heartbeat/listening_seconds{heartbeat="backup"} seconds`: one sample says for how long up to its time heartbeats of
/// the job could be received. Its records have the key of [`state_series`], so that both come in order.
///
/// # Panics
/// If the job has a name that no configuration may have.
pub fn listening_series(job: &str) -> Series {
    Series::new(SOURCE, LISTENING, "seconds", &[(JOB, job)]).expect("the name of a job is a valid label")
}

/// The series of reports that a sample of `series` is about, if it is a [`listening_series`].
pub fn listened_to(series: &Series) -> Option<Series> {
    let is_listening = series.source() == SOURCE && series.name() == LISTENING;
    let job = series.label(JOB).filter(|_| is_listening)?;
    Series::new(SOURCE, STATE, "", &[(JOB, job)]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listened_to_has_the_reports_of_the_same_job() {
        assert_eq!(listened_to(&listening_series("backup")), Some(state_series("backup")));
        assert_eq!(listened_to(&state_series("backup")), None);
    }
}
