//! Tests of a pipeline: what becomes of an event.

mod run;

pub use run::{TestOutcome, run_tests};

use serde_json::{Map, Value};
use watchkeeper_config::Section;
use watchkeeper_domain::event::Draft;
use watchkeeper_domain::{Event, EventId, Timestamp};

/// Most tests of one pipeline.
pub const MAX_TESTS: usize = 50;
/// Most values that one test gives or expects.
pub const MAX_TEST_VALUES: usize = 100;
/// Longest line of a test, in bytes.
pub const MAX_TEST_LINE_BYTES: usize = 16 << 10;

/// Longest name of a test, in bytes.
const MAX_TEST_NAME_BYTES: usize = 100;
/// 2026-01-01T00:00:00Z in microseconds: the time of events without one.
const ARRIVAL: i64 = 1_767_225_600_000_000;

/// A test: an event, and what is expected of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PipelineTest {
    pub(crate) name: String,
    /// `None` after an error.
    event: Option<Event>,
    expected: Expected,
}

/// What is expected.
#[derive(Clone, Debug, Default, PartialEq)]
struct Expected {
    /// Names and values; others are not looked at.
    values: Map<String, Value>,
    absent: Vec<String>,
    is_dropped: Option<bool>,
    route: Option<String>,
    counted: Option<Vec<String>>,
}

impl PipelineTest {
    /// Reads a section `[[pipeline.test]]`.
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let name = section.text("name", MAX_TEST_NAME_BYTES, "a test without a name");
        if !section.has("line") && !section.has("event") {
            section.refuse("line", "is missing: a test has a line, an event, or both");
        }
        let line = section.optional_text("line", MAX_TEST_LINE_BYTES);
        let mut draft = Draft::of_object(section.values("event", MAX_TEST_VALUES));
        if let Some(line) = line {
            if !draft.message.is_empty() {
                section.refuse("line", "is the message of the event, which has one already");
            }
            draft.message = line;
        }
        let arrived_at = Timestamp::from_micros(ARRIVAL).unwrap_or_default();
        let event = draft.arrived(|| EventId::given(&name), arrived_at);
        let event = event.map_err(|violation| section.refuse("event", violation.to_string())).ok();
        Self { name, event, expected: Expected::read(section) }
    }
}

impl Expected {
    fn read(section: &mut Section<'_>) -> Self {
        let is_any =
            ["expect", "absent", "dropped", "route", "counted"].map(|key| section.has(key)).contains(&true);
        if !is_any {
            section.refuse("expect", "is missing: a test needs expect, absent, dropped, route or counted");
        }
        let is_dropped = section.has("dropped").then(|| section.boolean("dropped", true));
        let counted = section.has("counted").then(|| section.parsed_list("counted", MAX_TEST_VALUES));
        Self {
            values: section.values("expect", MAX_TEST_VALUES),
            absent: section.parsed_list("absent", MAX_TEST_VALUES),
            is_dropped,
            route: section.optional_text("route", MAX_TEST_LINE_BYTES),
            counted,
        }
    }
}
