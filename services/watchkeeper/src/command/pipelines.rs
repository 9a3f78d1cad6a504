//! `watchkeeper pipelines`.

use super::{print_line, print_lines};
use crate::cli::{PipelinesAction, PipelinesArgs};
use crate::config::Config;
use anyhow::{Context as _, bail, ensure};
use std::io::{self, BufRead, Read as _};
use std::path::Path;
use std::sync::Arc;
use watchkeeper_domain::event::{Draft, EventIds, clean_text};
use watchkeeper_domain::{Timestamp, text};
use watchkeeper_pipelines::{Pipeline, PipelineSet, TestOutcome, run_tests};
use watchkeeper_wire::event::read_event;

/// Longest line of `try`, in bytes.
const MAX_LINE_BYTES: u64 = 1 << 20;

pub(crate) fn run(args: &PipelinesArgs) -> anyhow::Result<()> {
    match &args.action {
        PipelinesAction::Check { file } => check(&*pipelines_in(file)?),
        PipelinesAction::Test { file } => test(&*pipelines_in(file)?),
        PipelinesAction::Try { file, service, host } => {
            let origin = Origin { service: service.as_deref(), host: host.as_deref() };
            try_lines(&*pipelines_in(file)?, origin, io::stdin().lock())
        }
    }
}

fn pipelines_in(file: &Path) -> anyhow::Result<Arc<PipelineSet>> {
    Ok(Config::check(file)?.settings.get()?)
}

fn check(set: &PipelineSet) -> anyhow::Result<()> {
    for pipeline in set.pipelines() {
        print_line(&heading(pipeline))?;
        for (index, step) in pipeline.steps.iter().enumerate() {
            print_line(&format!("  {}  {step}", index + 1))?;
        }
    }
    if set.pipelines().is_empty() {
        print_line("No pipelines: every event is stored as it is.")?;
    }
    print_line(&format!("Hidden in every event: {}.", set.redaction()))?;
    Ok(())
}

/// `nginx: service=nginx, final, 2 tests`
fn heading(pipeline: &Pipeline) -> String {
    let filter = pipeline.filter.as_ref().map_or_else(|| "every event".to_owned(), ToString::to_string);
    let is_final = if pipeline.is_final { ", final" } else { "" };
    let tests = match pipeline.tests() {
        1 => "1 test".to_owned(),
        count => format!("{count} tests"),
    };
    format!("{}: {filter}{is_final}, {tests}", pipeline.name)
}

fn test(set: &PipelineSet) -> anyhow::Result<()> {
    let outcomes = run_tests(set);
    for outcome in &outcomes {
        print_outcome(outcome)?;
    }
    for pipeline in set.pipelines().iter().filter(|pipeline| pipeline.tests() == 0) {
        print_line(&format!("no test {}", pipeline.name))?;
    }
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    let tests = if outcomes.len() == 1 { "test" } else { "tests" };
    ensure!(failed == 0, "{failed} of {} {tests} failed", outcomes.len());
    print_line(&format!("{} {tests} passed.", outcomes.len()))?;
    Ok(())
}

fn print_outcome(TestOutcome { pipeline, test, failure }: &TestOutcome) -> io::Result<()> {
    let Some(failure) = failure else { return print_line(&format!("passed  {pipeline}: {test}")) };
    print_line(&format!("FAILED  {pipeline}: {test}"))?;
    print_lines(failure)
}

/// What lines get that do not say it.
#[derive(Clone, Copy)]
struct Origin<'o> {
    service: Option<&'o str>,
    host: Option<&'o str>,
}

fn try_lines(set: &PipelineSet, origin: Origin<'_>, mut input: impl BufRead) -> anyhow::Result<()> {
    let mut ids = EventIds::new(0);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        input
            .by_ref()
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut line)
            .context("cannot read the input")?;
        if line.is_empty() {
            return Ok(());
        }
        if line.len() as u64 > MAX_LINE_BYTES {
            bail!("line {number} has more than {MAX_LINE_BYTES} bytes, which is the limit");
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let draft = draft_of(&line, origin);
        print_line(&format!("{number}: {}", shown(&line)))?;
        let now = Timestamp::now();
        match draft.arrived(|| ids.next(now), now) {
            Ok(event) => print_lines(&set.trace(event).to_string())?,
            Err(violation) => print_line(&format!("  refused: {violation}"))?,
        }
    }
    Ok(())
}

/// As records of other programs on topic `events` are read.
fn draft_of(line: &[u8], origin: Origin<'_>) -> Draft {
    let mut draft = read_event(line);
    for (part, given) in [(&mut draft.service, origin.service), (&mut draft.host, origin.host)] {
        if part.is_empty() {
            given.unwrap_or_default().clone_into(part);
        }
    }
    draft
}

/// The beginning of a line.
fn shown(line: &[u8]) -> String {
    const MOST: usize = 120;
    let cleaned = clean_text(line.trim_ascii_end());
    let head = text::head(&cleaned.text, MOST);
    format!("{head}{}", if head.len() < cleaned.text.len() { "…" } else { "" })
}
