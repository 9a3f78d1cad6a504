//! Names that other tools allow and Watchkeeper does not, and names that are taken already.

use std::collections::HashSet;

/// Longest name of a target or value of a label, in bytes: that of a group.
const MAX_NAME_BYTES: usize = 200;
/// Longest word, in bytes: what is appended to it has to fit a receiver's name, and a window's.
const MAX_WORD_BYTES: usize = 24;

/// Names of one kind that are taken.
#[derive(Debug, Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// The name, with a number if it is taken already.
    pub(crate) fn unique(&mut self, name: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !self.0.contains(name));
        let name = free.unwrap_or_default();
        self.0.insert(name.clone());
        name
    }
}

/// The name of a target or a group, without control characters and not too long; `None` if nothing is left.
pub(crate) fn shown(name: &str) -> Option<String> {
    let plain: String = name.chars().filter(|c| !c.is_control()).collect();
    let name = cut(plain.trim(), MAX_NAME_BYTES).trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// A word of ASCII letters, digits and `-`, for receivers, windows and files.
pub(crate) fn word(name: &str) -> String {
    let lower = name.to_lowercase();
    let parts: Vec<&str> =
        lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let word = parts.join("-");
    let word = cut(&word, MAX_WORD_BYTES).trim_end_matches('-');
    if word.is_empty() { "unnamed".to_owned() } else { word.to_owned() }
}

/// A name of a label: letters, digits and `_`; `None` if it would be one that has a meaning already.
pub(crate) fn label(name: &str) -> Option<String> {
    const TAKEN: [&str; 9] =
        ["target", "site", "group", "source", "name", "unit", "rule", "severity", "notify"];
    let label = word(name).replace('-', "_");
    let label = if label.starts_with(|c: char| c.is_ascii_digit()) { format!("_{label}") } else { label };
    (label != "unnamed" && !TAKEN.contains(&label.as_str())).then_some(label)
}

fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let mut names = Names::default();
        assert_eq!(["a", "a", "b", "a"].map(|name| names.unique(name)), ["a", "a-2", "b", "a-3"]);
    }

    #[test]
    fn names_of_other_tools_become_words_and_labels() {
        assert_eq!(word("My Alert (1): Ops!"), "my-alert-1-ops");
        assert_eq!(word("日本"), "unnamed");
        assert_eq!(word(&"x".repeat(99)).len(), MAX_WORD_BYTES);
        assert_eq!(label("Data Centre"), Some("data_centre".to_owned()));
        assert_eq!(label("1st"), Some("_1st".to_owned()));
        assert_eq!([label("target"), label("Group"), label("!")], [None, None, None]);
        assert_eq!(shown(" a\nb "), Some("ab".to_owned()));
        assert_eq!(shown("\t"), None);
        assert_eq!(shown(&"ä".repeat(200)).map(|name| name.len()), Some(MAX_NAME_BYTES));
    }
}
