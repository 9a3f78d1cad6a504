//! Labels that the configuration of a target adds to its series.

use std::collections::BTreeMap;
use watchkeeper_config::Section;

/// Most entries of `labels`.
pub const MAX_TARGET_LABELS: usize = 16;
/// Longest name of a label, in bytes.
pub const MAX_TARGET_LABEL_NAME_BYTES: usize = 64;
/// Longest value of a label, and longest group, in bytes.
pub const MAX_TARGET_LABEL_BYTES: usize = 256;

/// The label of the group.
const GROUP: &str = "group";

/// What matchers of rules and silences already mean by a name.
const FIELDS: [&str; 5] = ["source", "name", "unit", "rule", "severity"];

/// The keys `group` and `labels`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetLabels(BTreeMap<String, String>);

impl TargetLabels {
    /// Reads the keys. A target's own labels are added to those of its group and of the defaults. The names in `taken`
    /// are labels of the source.
    pub(crate) fn read(section: &mut Section<'_>, taken: &[&str]) -> Self {
        let group = section.optional_text(GROUP, MAX_TARGET_LABEL_BYTES);
        if group.as_deref().is_some_and(has_control) {
            section.refuse(GROUP, "must not contain control characters");
        }
        let mut labels = section.joined_texts("labels", MAX_TARGET_LABELS, MAX_TARGET_LABEL_BYTES);
        for (name, value) in &labels {
            if let Err(reason) = check(name, value, taken) {
                section.refuse("labels", format!("{name:?} {reason}"));
            }
        }
        labels.extend(group.map(|group| (GROUP.to_owned(), group)));
        Self(labels)
    }

    /// The group.
    pub fn group(&self) -> Option<&str> {
        self.0.get(GROUP).map(String::as_str)
    }

    /// Whether there is a label of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All labels, with that of the group, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Names are those of Prometheus.
fn check(name: &str, value: &str, taken: &[&str]) -> Result<(), String> {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name = name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit());
    if !is_name || name.len() > MAX_TARGET_LABEL_NAME_BYTES {
        return Err(format!(
            "is not a name of a label: at most {MAX_TARGET_LABEL_NAME_BYTES} letters, digits and _, not beginning with a digit"
        ));
    }
    if name == GROUP {
        return Err("is set by the key `group`".to_owned());
    }
    if taken.contains(&name) || FIELDS.contains(&name) {
        return Err("means something else already: choose another name".to_owned());
    }
    if has_control(value) {
        return Err("must not have control characters in its value".to_owned());
    }
    Ok(())
}

fn has_control(text: &str) -> bool {
    text.contains(char::is_control)
}
