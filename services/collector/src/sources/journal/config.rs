//! The section `[collector.journal]`.

use crate::sources::pattern::{MAX_PATTERNS, Pattern};
use std::path::PathBuf;
use watchkeeper_config::Section;
use watchkeeper_domain::Level;

/// Which entries of the journal become events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalConfig {
    /// The units; all if there are none.
    pub units: Vec<Pattern>,
    /// The least severe level. An entry without a priority is always taken.
    pub level: Level,
    /// `journalctl`, if it is not where tools are. Not a key of the section.
    pub tool: Option<PathBuf>,
}

impl JournalConfig {
    /// Reads the section. `None` unless it says `enabled = true`.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let enabled = section.boolean("enabled", false);
        let units = section.parsed_set("units", MAX_PATTERNS);
        let level = section.parsed("level").unwrap_or_default();
        enabled.then_some(Self { units, level, tool: None })
    }

    /// Whether entries of this unit and level become events. What systemd says about a unit counts as its own.
    pub(super) fn takes(&self, units: &[&str], level: Level) -> bool {
        let is_of_a_unit = self.units.is_empty()
            || units.iter().any(|unit| self.units.iter().any(|pattern| pattern.matches(unit)));
        is_of_a_unit && (level == Level::Unknown || level >= self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    fn read(text: &str) -> Result<Option<JournalConfig>, String> {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(JournalConfig::read).map_err(|errors| errors.to_string())
    }

    #[test]
    fn the_journal_is_not_read_unless_it_is_enabled() {
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("enabled = true"), Ok(Some(JournalConfig::default())));
        assert!(read("level = \"loud\"").unwrap_err().contains("level: must be trace, debug, "));
    }

    #[test]
    fn entries_are_taken_by_unit_and_level_and_those_without_a_priority_always() {
        let config = read("enabled = true\nunits = [\"nginx.service\", \"ssh*\"]\nlevel = \"notice\"")
            .unwrap()
            .unwrap();
        assert!(config.takes(&["nginx.service"], Level::Notice));
        assert!(config.takes(&["init.scope", "ssh@7.service"], Level::Error));
        assert!(config.takes(&["nginx.service"], Level::Unknown));
        assert!(!config.takes(&["nginx.service"], Level::Info));
        assert!(!config.takes(&["cron.service"], Level::Error) && !config.takes(&[], Level::Error));
        assert!(JournalConfig::default().takes(&[], Level::Trace));
    }
}
