//! What each step does to an event.

use crate::Failure;
use crate::pipeline::Pipeline;
use crate::pipeline_set::{Observer, Outcome, PipelineSet};
use crate::step::{Flow, Step};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use watchkeeper_domain::event::CountKey;
use watchkeeper_domain::{Event, Level};

/// The way of one event through the pipelines.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The steps of all pipelines that match it.
    pub steps: Vec<Traced>,
    /// What is hidden at the beginning and at the end, whatever the pipelines say.
    pub hidden: Vec<Change>,
    /// What became of it.
    pub outcome: Outcome,
}

/// A step, and what it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// The name of the pipeline.
    pub pipeline: String,
    /// The number of the step in it, from 1.
    pub number: usize,
    /// The step in plain words.
    pub step: String,
    /// What it did.
    pub done: Done,
    /// What it changed.
    pub changes: Vec<Change>,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was applied.
    Applied,
    /// It is not for this event: its `when` does not hold.
    Passed,
    /// It dropped the event.
    Dropped,
    /// It failed.
    Failed(Failure),
}

/// A part or field of an event that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// What it was; `None` if there was none.
    pub before: Option<Value>,
    /// What it is; `None` if there is none.
    pub after: Option<Value>,
}

/// An event as names and values: time, level, service, host, message and the fields, without what is empty.
pub(crate) type View = BTreeMap<String, Value>;

pub(crate) fn view(event: &Event) -> View {
    let mut view: View = event.fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    // A field of the same name as a part of the event is shown beside it.
    let mut put = |name: &str, value: Value| {
        if let Some(field) = view.insert(name.to_owned(), value) {
            view.insert(format!("fields.{name}"), field);
        }
    };
    put("time", json!(event.occurred_at.to_string()));
    if event.level != Level::Unknown {
        put("level", json!(event.level.name()));
    }
    for (name, text) in [("service", &event.service), ("host", &event.host), ("message", &event.message)] {
        if !text.is_empty() {
            put(name, json!(text));
        }
    }
    view
}

fn changes(before: &View, after: &View) -> Vec<Change> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let mut changes: Vec<Change> = names
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| Change {
            name: name.clone(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        })
        .collect();
    changes.sort_by(|one, other| one.name.cmp(&other.name));
    changes
}

struct Tracing {
    before: View,
    steps: Vec<Traced>,
}

impl Observer for Tracing {
    fn after(
        &mut self,
        pipeline: &Pipeline,
        index: usize,
        step: &Step,
        result: &Result<Flow, Failure>,
        event: &Event,
    ) {
        let after = view(event);
        self.steps.push(Traced {
            pipeline: pipeline.name.clone(),
            number: index + 1,
            step: step.to_string(),
            done: match result {
                Ok(Flow::Applied) => Done::Applied,
                Ok(Flow::Passed) => Done::Passed,
                Ok(Flow::Dropped) => Done::Dropped,
                Err(failure) => Done::Failed(failure.clone()),
            },
            changes: changes(&self.before, &after),
        });
        self.before = after;
    }
}

/// `requests{status="504"}`
pub(crate) fn shown_count(key: &CountKey) -> String {
    let labels: Vec<_> = key.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    if labels.is_empty() { key.name.clone() } else { format!("{}{{{}}}", key.name, labels.join(",")) }
}

/// `~ level: "info" becomes "warn"`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, before, after } = self;
        match (before, after) {
            (Some(before), Some(after)) => write!(f, "~ {name}: {before} becomes {after}"),
            (None, Some(after)) => write!(f, "+ {name}: {after}"),
            (Some(before), None) => write!(f, "- {name}: {before}"),
            (None, None) => Ok(()),
        }
    }
}

/// Each step with what it changed, and the end.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.hidden.is_empty() {
            writeln!(f, "  hidden in every event")?;
            for Change { name, after, .. } in &self.hidden {
                let after = after.as_ref().map(Value::to_string).unwrap_or_default();
                writeln!(f, "      {name}: {after}")?;
            }
        }
        for Traced { pipeline, number, step, done, changes } in &self.steps {
            let done = match done {
                Done::Applied if changes.is_empty() => ": changes nothing".to_owned(),
                Done::Applied => String::new(),
                Done::Passed => ": not for this event".to_owned(),
                Done::Dropped => ": dropped".to_owned(),
                Done::Failed(reason) => format!(": FAILED: {reason}"),
            };
            writeln!(f, "  {pipeline} {number}  {step}{done}")?;
            changes.iter().try_for_each(|change| writeln!(f, "      {change}"))?;
        }
        if self.steps.is_empty() {
            writeln!(f, "  no pipeline matches it")?;
        }
        let Outcome { processed, .. } = &self.outcome;
        write!(f, "  = {}", if processed.is_stored { "stored" } else { "not stored" })?;
        if let Some(topic) = &processed.route {
            write!(f, ", published to topic {topic}")?;
        }
        processed.counts.iter().try_for_each(|count| write!(f, ", counted as {}", shown_count(count)))
    }
}

impl PipelineSet {
    /// Processes an event, and says what each step did.
    pub fn trace(&self, event: Event) -> Trace {
        let sent = view(&event);
        let mut hidden = event.clone();
        self.redaction().apply(&mut hidden);
        let before = view(&hidden);
        let mut all_hidden = changes(&sent, &before);
        let mut tracing = Tracing { before, steps: Vec::new() };
        let outcome = self.observed(event, &mut tracing);
        all_hidden.extend(changes(&tracing.before, &view(&outcome.processed.event)));
        Trace { steps: tracing.steps, hidden: all_hidden, outcome }
    }
}
