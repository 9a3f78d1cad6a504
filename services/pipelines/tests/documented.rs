//! The documentation and the example are what the program reads.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use watchkeeper_config::Document;
use watchkeeper_pipelines::{self as limits, PipelineSet, run_tests};

const PAGE: &str = include_str!("../../../docs/pipelines.md");
const EXAMPLE: &str = include_str!("../../../examples/pipelines.toml");

/// The TOML blocks of the page, those of single steps as a pipeline.
fn blocks() -> Vec<String> {
    let blocks = PAGE.split("```toml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
    let whole = |block: &str| {
        if block.starts_with("[[pipeline.") {
            format!("[[pipeline]]\nname = \"documented\"\n{block}")
        } else {
            block.to_owned()
        }
    };
    blocks.map(whole).collect()
}

fn read(text: &str) -> PipelineSet {
    let document = Document::parse("pipelines.toml", text).unwrap();
    document.read(PipelineSet::read).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

#[test]
fn every_block_of_the_page_is_read_and_its_tests_pass() {
    let (mut steps, mut tests) = (0, 0);
    for block in blocks() {
        let set = read(&block);
        steps += set.pipelines().iter().map(|pipeline| pipeline.steps.len()).sum::<usize>();
        for outcome in run_tests(&set) {
            assert_eq!(outcome.failure.unwrap_or_default(), "", "{block}");
            tests += 1;
        }
    }
    assert!(steps > 20 && tests > 15, "{steps} steps, {tests} tests");
}

#[test]
fn every_step_has_its_section_and_every_limit_is_the_one_in_force() {
    for step in [
        "parse", "rename", "set", "keep", "remove", "cast", "level", "time", "redact", "sample", "route",
        "count", "drop",
    ] {
        assert!(PAGE.contains(&format!("\n### `{step}`\n")), "{step}");
    }
    let written = |number: usize, what: &str| {
        assert!(PAGE.contains(&format!("{number} {what}")), "{number} {what}");
    };
    written(limits::MAX_PIPELINES, "pipelines");
    written(limits::MAX_STEPS, "steps");
    written(limits::MAX_TESTS, "tests");
    written(limits::MAX_STEP_FIELDS, "fields");
    written(limits::MAX_COUNT_FIELDS, "fields");
    written(limits::MAX_COUNTED, "combinations");
    for name in limits::SECRET_NAMES {
        assert!(PAGE.contains(&format!("`{}`", name.trim_start_matches('*'))), "{name}");
    }
}

#[test]
fn the_tests_of_the_example_pass() {
    let set = read(EXAMPLE);
    let outcomes = run_tests(&set);
    for outcome in &outcomes {
        assert_eq!(outcome.failure.as_deref().unwrap_or_default(), "", "{}", outcome.pipeline);
    }
    for pipeline in set.pipelines() {
        assert!(pipeline.tests() > 0, "{} has no test", pipeline.name);
    }
}
