//! The guide for moving over, `docs/migrating.md`.

const GUIDE: &str = include_str!("../../../../docs/migrating.md");

/// What is marked as TOML below the heading that begins so.
pub(crate) fn toml_of(heading: &str) -> String {
    let section =
        GUIDE.split("\n## ").find(|section| section.starts_with(heading)).expect("the guide has it");
    let found = blocks_of(section);
    assert!(!found.is_empty(), "nothing is marked as TOML below {heading}");
    found
}

/// All that is marked as TOML: one configuration.
pub(crate) fn toml() -> String {
    blocks_of(GUIDE)
}

fn blocks_of(text: &str) -> String {
    text.split("```toml\n").skip(1).map(|block| block.split("```").next().unwrap_or_default()).collect()
}

/// The commands of the executable that the guide names, without its name: those on lines of their own, then those
/// within text.
pub(crate) fn commands() -> Vec<Vec<String>> {
    let lines = GUIDE.lines().filter_map(|line| line.strip_prefix("    watchkeeper "));
    let within_text =
        GUIDE.split('`').skip(1).step_by(2).filter_map(|code| code.strip_prefix("watchkeeper "));
    lines
        .chain(within_text)
        .map(|line| line.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect())
        .collect()
}
