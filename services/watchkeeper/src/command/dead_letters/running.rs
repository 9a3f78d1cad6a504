//! Replay and discard runs.

use super::being_read::once_read;
use crate::cli::WhichLetters;
use crate::command::client::{Client, Parameters, segment};
use crate::command::status_line::StatusLine;
use crate::command::table::{print_json, print_table};
use crate::command::{notice, pause, print_line};
use anyhow::bail;
use std::time::Duration;
use watchkeeper_runtime::Grouped;
use watchkeeper_wire::json::{DeadLetterRun, DeadLetterRunList, DeadLettersRequest, RunAction, RunState};

/// How often to poll the progress of a run.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Starts a run at `path` and waits for it to end.
pub(super) fn begin(client: &Client, path: &str, which: &WhichLetters) -> anyhow::Result<()> {
    let request = DeadLettersRequest { ids: which.ids.clone(), all: which.all };
    let begun: DeadLetterRun = once_read(|| client.post(path, &request))?;
    let run = if begun.state == RunState::Running { waited_for(client, begun)? } else { begun };
    print_line(&summary(&run))?;
    match run.state {
        RunState::Failed | RunState::Stopped => {
            bail!("the run is incomplete; run the same command again to continue")
        }
        RunState::Running | RunState::Done if run.refused > 0 => {
            bail!("some dead letters cannot be replayed and stay pending")
        }
        RunState::Running | RunState::Done => Ok(()),
    }
}

/// Lists the runs since the server started.
pub(super) fn list(client: &Client, json: bool) -> anyhow::Result<()> {
    let DeadLetterRunList { runs } = client.get("/v1/dead-letters/runs", &Parameters::default())?;
    if json {
        return print_json(&runs);
    }
    let rows = runs.iter().map(|run| [run.id.clone(), run.started_at.clone(), summary(run)]).collect();
    print_table(["ID", "STARTED", "PROGRESS"], rows, "No replays or discards since the server started.")?;
    Ok(())
}

fn waited_for(client: &Client, mut run: DeadLetterRun) -> anyhow::Result<DeadLetterRun> {
    notice(&format!(
        "running in the server, even if this command is interrupted; stop it with: watchkeeper dead-letters stop {}",
        run.id
    ));
    let path = format!("/v1/dead-letters/runs/{}", segment(&run.id));
    let mut line = StatusLine::on_stderr();
    while run.state == RunState::Running {
        if line.due().is_some() {
            line.print(&summary(&run));
        }
        pause(ASK_EVERY);
        run = client.get(&path, &Parameters::default()).inspect_err(|_| line.end())?;
    }
    line.end();
    Ok(run)
}

/// `41,000 of 110,300 replayed, 69,300 left`
pub(super) fn summary(run: &DeadLetterRun) -> String {
    let (done, what) = match run.action {
        RunAction::Replay => (run.replayed, "replayed"),
        RunAction::Discard => (run.discarded, "discarded"),
    };
    let refused = if run.refused > 0 { format!(", {} refused", Grouped(run.refused)) } else { String::new() };
    let state = match run.state {
        RunState::Running => format!("{} left", Grouped(run.left)),
        RunState::Done => format!("{} pending", Grouped(run.waiting)),
        RunState::Stopped => format!("stopped with {} left", Grouped(run.left)),
        RunState::Failed => format!("failed with {} left", Grouped(run.left)),
    };
    let reason = run.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{} of {} {what}{refused}, {state}{reason}", Grouped(done), Grouped(run.total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_how_far_it_is_and_how_it_ended() {
        let run = DeadLetterRun {
            id: "k3v9x2m7q4w8t5zn".to_owned(),
            action: RunAction::Replay,
            state: RunState::Running,
            total: 110_300,
            replayed: 41_000,
            discarded: 0,
            refused: 0,
            left: 69_300,
            waiting: 69_301,
            reason: None,
            started_at: "2026-11-20T10:00:00Z".to_owned(),
            ended_at: None,
        };
        assert_eq!(summary(&run), "41,000 of 110,300 replayed, 69,300 left");
        let failed = DeadLetterRun {
            state: RunState::Failed,
            refused: 2,
            reason: Some("the bus is not available".to_owned()),
            ..run.clone()
        };
        assert_eq!(
            summary(&failed),
            "41,000 of 110,300 replayed, 2 refused, failed with 69,300 left: the bus is not available"
        );
        let done = DeadLetterRun {
            action: RunAction::Discard,
            state: RunState::Done,
            total: 3,
            discarded: 3,
            waiting: 0,
            ..run
        };
        assert_eq!(summary(&done), "3 of 3 discarded, 0 pending");
    }
}
