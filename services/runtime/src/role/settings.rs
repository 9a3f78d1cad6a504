//! What the configuration says to the roles.

use super::RoleSpec;
use std::any::{Any, type_name};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Section;

/// What the configuration says to the roles, each value found by its type. A value that several roles need, such as
/// the rules, is read by one of them.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    compatibility: Compatibility,
    values: Vec<(&'static str, Arc<dyn Setting>)>,
}

/// The section `[compatibility]`: names that the previous platform had.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compatibility {
    /// Whether sources publish under the names that they had there.
    pub publish_old_names: bool,
    /// Whether rules match these names too.
    pub match_old_names: bool,
}

/// How long the store keeps samples. Told apart from the rest of `[persister]`: ingest refuses at once what would not be
/// kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleRetention(pub Duration);

/// Nothing in the configuration is read as a value of this type.
#[derive(Debug, thiserror::Error)]
#[error("no role of this executable reads a {0} from the configuration")]
pub struct NotRead(&'static str);

impl Settings {
    /// Reads the sections of all roles.
    pub fn read(root: &mut Section<'_>, roles: &[&RoleSpec]) -> Self {
        let compatibility = root.section("compatibility", |section| Compatibility {
            publish_old_names: section.boolean("publish_old_names", false),
            match_old_names: section.boolean("match_old_names", false),
        });
        let mut settings = Self { compatibility, values: Vec::new() };
        for role in roles {
            (role.read)(root, &mut settings);
        }
        settings
    }

    /// Adds what `sections` say, in the words in which a change of it is told.
    pub fn add<T>(&mut self, sections: &'static str, value: T)
    where
        T: Any + Clone + PartialEq + fmt::Debug + Send + Sync,
    {
        self.values.push((sections, Arc::new(value)));
    }

    /// What was read as a value of this type.
    pub fn get<T: Any>(&self) -> Result<&T, NotRead> {
        let found = self.values.iter().find_map(|(_, value)| (&**value as &dyn Any).downcast_ref());
        found.ok_or(NotRead(type_name::<T>()))
    }

    /// Which names of the previous platform are used.
    pub fn compatibility(&self) -> Compatibility {
        self.compatibility
    }

    /// The sections that say something else in `other`, which was read for the same roles.
    pub fn sections_that_differ(&self, other: &Self) -> Vec<&'static str> {
        let pairs = self.values.iter().zip(&other.values);
        let differ = pairs.filter(|((_, one), (_, other))| !one.equals(&**other));
        let mut sections: Vec<_> = differ.map(|((sections, _), _)| *sections).collect();
        sections.dedup();
        sections
    }
}

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        self.values.len() == other.values.len() && self.sections_that_differ(other).is_empty()
    }
}

/// A value of any type that can be compared.
trait Setting: Any + fmt::Debug + Send + Sync {
    fn equals(&self, other: &dyn Setting) -> bool;
}

impl<T: Any + PartialEq + fmt::Debug + Send + Sync> Setting for T {
    fn equals(&self, other: &dyn Setting) -> bool {
        (other as &dyn Any).downcast_ref() == Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(seconds: u64, retention: u64) -> Settings {
        let mut settings = Settings::default();
        settings.add("persister", Duration::from_secs(seconds));
        settings.add("persister", SampleRetention(Duration::from_secs(retention)));
        settings.add("api", 7_u8);
        settings
    }

    #[test]
    fn a_value_is_found_by_its_type() {
        let settings = settings(1, 2);
        assert_eq!(settings.get::<Duration>().unwrap(), &Duration::from_secs(1));
        assert_eq!(settings.get::<u8>().unwrap(), &7);
        let missing = settings.get::<u16>().unwrap_err();
        assert_eq!(missing.to_string(), "no role of this executable reads a u16 from the configuration");
    }

    #[test]
    fn a_section_that_differs_in_several_values_is_told_once() {
        assert_eq!(settings(1, 2).sections_that_differ(&settings(3, 4)), ["persister"]);
        assert_eq!(settings(1, 2).sections_that_differ(&settings(1, 2)), [""; 0]);
        assert!(settings(1, 2) == settings(1, 2) && settings(1, 2) != settings(1, 3));
    }
}
