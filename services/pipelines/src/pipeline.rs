//! One pipeline.

use crate::pipeline_test::{MAX_TESTS, PipelineTest};
use crate::step::Step;
use watchkeeper_config::Section;
use watchkeeper_domain::EventFilter;

/// Longest name of a pipeline, in bytes.
pub const MAX_PIPELINE_NAME_BYTES: usize = 64;
/// Most steps of one pipeline.
pub const MAX_STEPS: usize = 50;

/// Steps for the events that a query selects.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// Unique in the configuration: letters, digits and any of `_.:-`.
    pub name: String,
    /// Which events it is for: the key `match`. Without it, all.
    pub filter: Option<EventFilter>,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// Whether no later pipeline sees its events: the key `final`.
    pub is_final: bool,
    /// Its tests.
    pub(crate) tests: Vec<PipelineTest>,
}

impl Pipeline {
    /// Reads a section `[[pipeline]]`.
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let name = section.required_text("name", MAX_PIPELINE_NAME_BYTES);
        if let Some(found) = name.chars().find(|&c| !c.is_alphanumeric() && !"_.:-".contains(c)) {
            section
                .refuse("name", format!("may have only letters, digits and any of _.:- but has {found:?}"));
        }
        let filter = section.parsed("match");
        let is_given = section.has("step");
        let steps = section.sections("step", MAX_STEPS, Step::read);
        if !is_given {
            section.refuse("step", "is missing: a pipeline has at least one [[pipeline.step]]");
        }
        Self {
            name,
            filter,
            steps: steps.into_iter().flatten().collect(),
            is_final: section.boolean("final", false),
            tests: section.sections("test", MAX_TESTS, PipelineTest::read),
        }
    }

    /// How many tests it has.
    pub fn tests(&self) -> usize {
        self.tests.len()
    }
}
