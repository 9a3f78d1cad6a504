//! Runs tests.

use super::{Expected, PipelineTest};
use crate::pipeline::Pipeline;
use crate::pipeline_set::PipelineSet;
use crate::place::find;
use crate::trace::{Done, Trace, View, shown_count, view};
use serde_json::Value;
use std::fmt::Write as _;
use watchkeeper_ports::Topic;

/// The result of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOutcome {
    /// The pipeline's name.
    pub pipeline: String,
    /// The test's name.
    pub test: String,
    /// Expected and actual results, line by line; `None` if it passed.
    pub failure: Option<String>,
}

/// Runs every test of every pipeline, each with its pipeline alone.
pub fn run_tests(set: &PipelineSet) -> Vec<TestOutcome> {
    let each = set.pipelines().iter().flat_map(|pipeline| {
        let alone = set.only(pipeline);
        pipeline.tests.iter().map(move |test| run(pipeline, &alone, test)).collect::<Vec<_>>()
    });
    each.collect()
}

fn run(pipeline: &Pipeline, alone: &PipelineSet, test: &PipelineTest) -> TestOutcome {
    let event = test.event.clone();
    let failure = event.and_then(|event| differences(&test.expected, &alone.trace(event)));
    TestOutcome { pipeline: pipeline.name.clone(), test: test.name.clone(), failure }
}

/// What differs, as a diff, with what the steps did; `None` if nothing does.
fn differences(expected: &Expected, trace: &Trace) -> Option<String> {
    let processed = &trace.outcome.processed;
    let view = view(&processed.event);
    let mut diff = Diff::default();
    for (name, value) in &expected.values {
        let actual = found(&view, name);
        let is_same = actual.is_some_and(|actual| is_same(value, actual));
        diff.compare(name, is_same, &value.to_string(), &shown(actual));
    }
    for name in &expected.absent {
        let actual = found(&view, name);
        diff.compare(name, actual.is_none(), &shown(None), &shown(actual));
    }
    if let Some(is_dropped) = expected.is_dropped {
        let is = |dropped: bool| if dropped { "dropped" } else { "stored" };
        diff.compare("event", is_dropped != processed.is_stored, is(is_dropped), is(!processed.is_stored));
    }
    if let Some(route) = &expected.route {
        let actual = trace.outcome.processed.route.as_ref().map_or("none", Topic::name);
        diff.compare("route", route == actual, route, actual);
    }
    if let Some(counted) = &expected.counted {
        let actual: Vec<_> = processed.counts.iter().map(shown_count).collect();
        diff.compare("counted", *counted == actual, &counted.join(", "), &actual.join(", "));
    }
    if !diff.is_different {
        return None;
    }
    if trace.steps.is_empty() {
        diff.line("the pipeline does not match the event");
    }
    for traced in &trace.steps {
        match &traced.done {
            Done::Failed(reason) => {
                diff.line(&format!("step {}, {}: failed: {reason}", traced.number, traced.step));
            }
            Done::Passed => {
                diff.line(&format!("step {}, {}: not for this event", traced.number, traced.step));
            }
            Done::Applied | Done::Dropped => {}
        }
    }
    Some(diff.text)
}

/// The value with that name, or at that path.
fn found<'v>(view: &'v View, name: &str) -> Option<&'v Value> {
    if let Some(value) = view.get(name) {
        return Some(value);
    }
    name.match_indices('.').find_map(|(dot, _)| match view.get(&name[..dot]) {
        Some(Value::Object(inner)) => find(inner, &name[dot + 1..]),
        _ => None,
    })
}

/// Numbers are the same if their values are: 5 and 5.0.
fn is_same(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (one, other) => one == other,
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

#[derive(Default)]
struct Diff {
    text: String,
    is_different: bool,
}

impl Diff {
    fn compare(&mut self, name: &str, is_same: bool, expected: &str, actual: &str) {
        if is_same {
            self.line(&format!("  {name}: {actual}"));
            return;
        }
        self.is_different = true;
        self.line(&format!("- {name}: {expected} was expected"));
        self.line(&format!("+ {name}: {actual}"));
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "    {line}");
    }
}
