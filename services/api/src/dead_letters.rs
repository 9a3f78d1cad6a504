//! Lists, shows, replays and discards dead letters.

mod batch;
mod original;
mod run;
mod runs;

pub(crate) use run::Run;

use axum::http::StatusCode;
use runs::Runs;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument as _;
use watchkeeper_letters::{LetterPage, Letters, NotNow};
use watchkeeper_ports::{Offset, PortError, TopicPartition};
use watchkeeper_runtime::http::Problem;
use watchkeeper_runtime::telemetry::role_span;
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_wire::dead_letter::{DeadLetter, Ledger, LetterId, Settlement};
use watchkeeper_wire::json::{DeadLetterJson, DeadLetterList, DeadLetterRun, RunState};

/// `Retry-After` while the topics are being read.
const RETRY_READING: Duration = Duration::from_secs(2);

/// The dead-letter topics of the bus.
pub(crate) struct DeadLetters {
    context: RoleContext,
    letters: Letters,
    runs: Runs,
}

/// A selection of dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// All before these offsets.
    All(HashMap<TopicPartition, Offset>),
    Ids(Vec<LetterId>),
}

impl DeadLetters {
    pub(crate) fn new(context: RoleContext, letters: Letters) -> Self {
        Self { context, letters, runs: Runs::default() }
    }

    /// A page of pending dead letters after `after`.
    pub(crate) async fn page(
        &self,
        after: Option<&LetterId>,
        limit: usize,
    ) -> Result<LetterPage<DeadLetterJson>, Problem> {
        self.letters.page(after, limit, shown).await.map_err(not_now)
    }

    /// One dead letter, pending or not; `None` if there is no such dead letter.
    pub(crate) async fn one(&self, id: &LetterId) -> Result<Option<DeadLetterJson>, PortError> {
        self.letters.one(id, shown).await
    }

    /// Starts to replay or discard all pending dead letters, or those with these IDs, oldest first, in the background.
    /// Progress is marked on the topic, a batch at a time, so that another run can continue with the rest.
    ///
    /// # Errors
    /// 404, before anything is done, when one of the IDs is not pending; 409 while another run is in progress.
    pub(crate) async fn begin(
        &self,
        settlement: Settlement,
        ids: Option<Vec<LetterId>>,
    ) -> Result<Arc<Run>, Problem> {
        let found = self.letters.look(|ledger| match ids {
            None => Ok((ledger.waiting(), Which::All(ledger.ends()))),
            Some(ids) => chosen(ledger, ids).map(|ids| (ids.len() as u64, Which::Ids(ids))),
        });
        let (total, which) = found.await.map_err(not_now)??;
        let run = Arc::new(Run::new(settlement, total, self.context.shutdown().child_token()));
        self.runs.begin(Arc::clone(&run)).map_err(|going_on| self.conflict(&going_on))?;
        let (going, letters) = (Arc::clone(&run), self.letters.clone());
        let role = role_span(self.context.role());
        let going = tokio::spawn(async move { going.go(&letters, which).await }.instrument(role));
        let watched = Arc::clone(&run);
        tokio::spawn(async move {
            if going.await.is_err() {
                watched.end(RunState::Failed, Some(Problem::internal().detail().to_owned()));
            }
        });
        Ok(run)
    }

    fn conflict(&self, going_on: &Run) -> Problem {
        let DeadLetterRun { id, total, left, .. } = self.shown(going_on);
        let detail = format!(
            "dead-letter run {id} is in progress, {left} of {total} left: wait for it to end, or stop it"
        );
        Problem::new(StatusCode::CONFLICT, detail)
    }

    /// The known runs, newest first.
    pub(crate) fn runs(&self) -> Vec<DeadLetterRun> {
        self.runs.all().iter().map(|run| self.shown(run)).collect()
    }

    /// The run with this ID.
    ///
    /// # Errors
    /// 404 if it is not known.
    pub(crate) fn run(&self, id: &str) -> Result<Arc<Run>, Problem> {
        let detail = || {
            format!(
                "there is no run {id}: only the last {} are kept, until the process ends. Finished work is marked; start \
                 another run for the rest",
                runs::MAX_RUNS
            )
        };
        self.runs.of_id(id).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, detail()))
    }

    /// The state of a run.
    pub(crate) fn shown(&self, run: &Run) -> DeadLetterRun {
        run.shown(self.letters.known(Ledger::waiting))
    }

    /// Waits for shutdown, and then for the current run, which stops after the dead letters in flight.
    pub(crate) async fn finish(&self) -> RoleResult {
        self.context.shutdown().cancelled().await;
        for run in self.runs.all() {
            run.ended().await;
        }
        Ok(())
    }
}

fn shown(id: &LetterId, letter: &DeadLetter<'_>) -> DeadLetterJson {
    DeadLetterJson::new(id.to_string(), letter)
}

fn not_now(not_now: NotNow) -> Problem {
    match not_now {
        NotNow::Reading(_) => Problem::unavailable(format!("{not_now}; try again"), RETRY_READING)
            .of_kind(DeadLetterList::BEING_READ, "Dead letters are being read"),
        NotNow::Bus(error) => error.into(),
    }
}

fn chosen(ledger: &Ledger, mut ids: Vec<LetterId>) -> Result<Vec<LetterId>, Problem> {
    if let Some(gone) = ids.iter().find(|id| !ledger.waits(id)) {
        return Err(Problem::not_found(&format!("pending dead letter {gone}; nothing was done")));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

#[cfg(test)]
mod tests;
