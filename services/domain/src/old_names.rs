//! What the previous platform calls the sources that both have: for the time in which services of both run
//! side by side.
//!
//! | here          | there            | called otherwise besides                       |
//! |---------------|------------------|------------------------------------------------|
//! | `github`      | `GitHub`         |                                                |
//! | `openweather` | `OpenWeatherMap` | `temperature` is `temperature_celsius` there   |
//! | `uptime`      | `UptimeChecker`  | the label `target` is `site` there             |

/// A source that is called otherwise there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldName {
    /// What it is called here.
    pub source: &'static str,
    /// What it is called there.
    pub old_source: &'static str,
    /// What is measured and called otherwise there: here, and there.
    name: Option<(&'static str, &'static str)>,
    /// A label that is called otherwise there: here, and there.
    label: Option<(&'static str, &'static str)>,
}

const OLD_NAMES: [OldName; 3] = [
    OldName { source: "github", old_source: "GitHub", name: None, label: None },
    OldName {
        source: "openweather",
        old_source: "OpenWeatherMap",
        name: Some(("temperature", "temperature_celsius")),
        label: None,
    },
    OldName { source: "uptime", old_source: "UptimeChecker", name: None, label: Some(("target", "site")) },
];

impl OldName {
    /// Of a source of ours; `None` if it is called the same there, or is not there.
    pub fn of(source: &str) -> Option<&'static Self> {
        OLD_NAMES.iter().find(|name| name.source == source)
    }

    /// What is called there what is measured here under `name`.
    pub fn name<'n>(&self, name: &'n str) -> &'n str {
        self.name.filter(|(ours, _)| *ours == name).map_or(name, |(_, old)| old)
    }

    /// What a label of ours is called there.
    pub fn label<'l>(&self, label: &'l str) -> &'l str {
        self.label.filter(|(ours, _)| *ours == label).map_or(label, |(_, old)| old)
    }
}

/// What a matcher sees under `name` of a series that has an old name, given its fields, when it is called as here;
/// `None` if it has no old name, or `name` means the same in both.
pub(crate) fn renamed_field<'v>(name: &str, field: impl Fn(&str) -> Option<&'v str>) -> Option<&'v str> {
    let source = field("source")?;
    let old = OLD_NAMES.iter().find(|old| old.old_source == source)?;
    match name {
        "source" => Some(old.source),
        "name" => old.name.filter(|(_, there)| field("name") == Some(there)).map(|(ours, _)| ours),
        _ => {
            let label = name.strip_prefix("labels.").unwrap_or(name);
            let (_, old_label) = old.label.filter(|(ours, _)| *ours == label)?;
            field(old_label)
        }
    }
}

/// Whether a field may be called otherwise there.
pub(crate) fn has_two_names(field: &str) -> bool {
    let label = field.strip_prefix("labels.").unwrap_or(field);
    matches!(field, "source" | "name")
        || OLD_NAMES.iter().filter_map(|old| old.label).any(|(ours, _)| ours == label)
}
