//! What becomes of events before they are stored.
//!
//! A [`PipelineSet`] is read from the configuration: `[[pipeline]]` with a query and steps. It processes one event after
//! the other ([`PipelineSet::process`]), shows what each step does ([`PipelineSet::trace`]), and runs the tests that are
//! written beside the pipelines ([`run_tests`]). A [`Redaction`] hides secrets. No I/O, no clock.

mod expression;
mod failure;
mod parser;
mod pipeline;
mod pipeline_set;
mod pipeline_test;
mod place;
mod redaction;
mod room;
#[cfg(test)]
mod samples;
mod step;
mod trace;

pub use expression::MAX_REGEX_BYTES;
pub use failure::Failure;
pub use parser::logfmt_fields;
pub use pipeline::{MAX_PIPELINE_NAME_BYTES, MAX_STEPS, Pipeline};
pub use pipeline_set::{MAX_PIPELINES, Outcome, PipelineSet};
pub use pipeline_test::{MAX_TEST_LINE_BYTES, MAX_TEST_VALUES, MAX_TESTS, TestOutcome, run_tests};
pub use redaction::{
    HIDDEN, MAX_REDACTED_EXPRESSIONS, MAX_REDACTED_NAME_BYTES, MAX_REDACTED_NAMES, Redaction, SECRET_NAMES,
};
pub use step::{
    MAX_COUNT_FIELDS, MAX_COUNT_NAME_BYTES, MAX_COUNT_VALUE_BYTES, MAX_COUNTED, MAX_SAMPLED, MAX_STEP_FIELDS,
    MAX_TEMPLATE_BYTES, OTHER, Step,
};
pub use trace::{Change, Done, Trace, Traced};
