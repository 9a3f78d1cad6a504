//! All the pipelines of a configuration.

use crate::Failure;
use crate::pipeline::Pipeline;
use crate::redaction::Redaction;
use crate::step::{Effects, Flow, Step};
use std::collections::HashSet;
use watchkeeper_config::Section;
use watchkeeper_domain::Event;
use watchkeeper_ports::Processed;

/// Most pipelines.
pub const MAX_PIPELINES: usize = 100;

/// The pipelines of one configuration, and what is hidden in every event. By default there are no pipelines, and
/// [`Redaction::default`] is hidden.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PipelineSet {
    pipelines: Vec<Pipeline>,
    redaction: Redaction,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The event, whether it is stored, what it adds to, and the topic to which it is also published, stored or not.
    pub processed: Processed,
    /// The steps that failed: `nginx/parse:json`. There are no more different ones than steps in the configuration.
    pub failed: Vec<String>,
}

/// Sees each step of each pipeline that an event goes through.
pub(crate) trait Observer {
    /// The step has been applied to the event, which is now `event`.
    fn after(
        &mut self,
        pipeline: &Pipeline,
        index: usize,
        step: &Step,
        result: &Result<Flow, Failure>,
        event: &Event,
    );
}

/// Looks away.
struct Nobody;

impl Observer for Nobody {
    fn after(&mut self, _: &Pipeline, _: usize, _: &Step, _: &Result<Flow, Failure>, _: &Event) {}
}

impl PipelineSet {
    /// Reads `[[pipeline]]` and `[events]` of the root.
    pub fn read(root: &mut Section<'_>) -> Self {
        let mut names = HashSet::new();
        let pipelines = root.sections("pipeline", MAX_PIPELINES, |section| {
            let pipeline = Pipeline::read(section);
            if !names.insert(pipeline.name.clone()) {
                section.refuse("name", "is the name of an earlier pipeline");
            }
            pipeline
        });
        Self { pipelines, redaction: root.section("events", Redaction::read_default) }
    }

    /// With one pipeline only, for its tests.
    pub(crate) fn only(&self, pipeline: &Pipeline) -> Self {
        Self { pipelines: vec![pipeline.clone()], redaction: self.redaction.clone() }
    }

    /// The pipelines, in order of declaration.
    pub fn pipelines(&self) -> &[Pipeline] {
        &self.pipelines
    }

    /// The names under which steps count events.
    pub fn count_names(&self) -> impl Iterator<Item = &str> {
        let steps = self.pipelines.iter().flat_map(|pipeline| &pipeline.steps);
        let names: std::collections::BTreeSet<_> = steps.filter_map(Step::count_name).collect();
        names.into_iter()
    }

    /// What is hidden in every event: ingest hides it before anything is written, and [`Self::process`] again, because
    /// other programs write to topic `events`, too.
    pub const fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// Takes an event through all pipelines that match it, in order of declaration.
    ///
    /// A step that fails leaves the event as it was, and marks it. A step that drops it ends everything: what was
    /// counted until then is counted, and a route stays.
    pub fn process(&self, event: Event) -> Outcome {
        self.observed(event, &mut Nobody)
    }

    pub(crate) fn observed(&self, mut event: Event, observer: &mut impl Observer) -> Outcome {
        self.redaction.apply(&mut event);
        let (mut effects, mut failed) = (Effects::default(), Vec::new());
        let mut is_stored = true;
        let mut may_have_secrets = false;
        'pipelines: for pipeline in &self.pipelines {
            if pipeline.filter.as_ref().is_some_and(|filter| !filter.matches(&event)) {
                continue;
            }
            may_have_secrets = true;
            for (index, step) in pipeline.steps.iter().enumerate() {
                let result = step.apply(&mut event, &mut effects);
                if result.is_err() {
                    let label = step.label();
                    event.mark(&label);
                    failed.push(format!("{}/{label}", pipeline.name));
                }
                observer.after(pipeline, index, step, &result, &event);
                if result == Ok(Flow::Dropped) {
                    is_stored = false;
                    break 'pipelines;
                }
            }
            if pipeline.is_final {
                break;
            }
        }
        // A step may have brought a secret to light: a password out of a text.
        if may_have_secrets {
            self.redaction.apply(&mut event);
        }
        let Effects { route, counts } = effects;
        Outcome { processed: Processed { event, is_stored, counts, route }, failed }
    }
}

#[cfg(test)]
mod tests;
