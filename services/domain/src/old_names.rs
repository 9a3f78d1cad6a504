//! The previous platform's names of the sources that both platforms have, for the time while services of both
//! run side by side.
//!
//! | here          | there            | called otherwise besides                       |
//! |---------------|------------------|------------------------------------------------|
//! | `github`      | `GitHub`         |                                                |
//! | `openweather` | `OpenWeatherMap` | `temperature` is `temperature_celsius` there   |
//! | `uptime`      | `UptimeChecker`  | the label `target` is `site` there             |

/// A source with another name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldName {
    /// Its name here.
    pub source: &'static str,
    /// Its name there.
    pub old_source: &'static str,
    /// A series name that differs: here, and there.
    name: Option<(&'static str, &'static str)>,
    /// A label that differs: here, and there.
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
    /// The old name of one of our sources; `None` if it is the same there, or there is none.
    pub fn of(source: &str) -> Option<&'static Self> {
        OLD_NAMES.iter().find(|name| name.source == source)
    }

    /// The name there of what is measured here under `name`.
    pub fn name<'n>(&self, name: &'n str) -> &'n str {
        self.name.filter(|(ours, _)| *ours == name).map_or(name, |(_, old)| old)
    }

    /// The name there of one of our labels.
    pub fn label<'l>(&self, label: &'l str) -> &'l str {
        self.label.filter(|(ours, _)| *ours == label).map_or(label, |(_, old)| old)
    }
}

/// The value of a matcher's field `name` for a series with an old name, given its fields, under the names
/// used here; `None` if the series has no old name, or if `name` means the same in both.
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

/// Whether a field may have another name there.
pub(crate) fn has_two_names(field: &str) -> bool {
    let label = field.strip_prefix("labels.").unwrap_or(field);
    matches!(field, "source" | "name")
        || OLD_NAMES.iter().filter_map(|old| old.label).any(|(ours, _)| ours == label)
}
