//! The roles' settings from the configuration.

use super::RoleSpec;
use std::any::{Any, type_name};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::{Reloadable, Section};

/// The roles' settings, found by type, so each type is added once. Settings that several roles need, such as the rules,
/// are read by one of them. A clone shares the values, also when they are replaced.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    compatibility: Compatibility,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    sections: &'static str,
    reloads: bool,
    /// A [`Reloadable`]; what does not reload is never replaced.
    value: Arc<dyn Setting>,
}

/// The section `[compatibility]`: the names of the previous platform.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compatibility {
    /// Whether sources publish under those names.
    pub publish_old_names: bool,
    /// Whether rules match these names too.
    pub match_old_names: bool,
}

/// How long the store keeps samples. Separate from the rest of `[persister]`: ingest refuses at once what would be
/// pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleRetention(pub Duration);

/// For how long the store keeps events of any service and level, at most. Ingest refuses at once what would be pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRetention(pub Duration);

/// No role reads settings of this type.
#[derive(Debug, thiserror::Error)]
#[error("no role of this executable reads a {0} from the configuration")]
pub struct NotRead(&'static str);

impl Settings {
    /// Reads the sections of all roles. Secrets are opened only of those that run here (`runs`): others may have theirs
    /// where this process cannot read them.
    pub fn read(root: &mut Section<'_>, roles: &[&RoleSpec], runs: impl Fn(&RoleSpec) -> bool) -> Self {
        let compatibility = root.section("compatibility", |section| Compatibility {
            publish_old_names: section.boolean("publish_old_names", false),
            match_old_names: section.boolean("match_old_names", false),
        });
        let mut settings = Self { compatibility, entries: Vec::new() };
        for role in roles {
            if runs(role) {
                (role.read)(root, &mut settings);
            } else {
                root.without_secrets(|root| (role.read)(root, &mut settings));
            }
        }
        settings
    }

    /// Adds a value that was read from `sections`, which name it when it changes. A change needs a restart.
    pub fn add<T: Any + PartialEq + fmt::Debug + Send + Sync>(&mut self, sections: &'static str, value: T) {
        self.entries.push(Entry { sections, reloads: false, value: Arc::new(Reloadable::<T>::new(value)) });
    }

    /// Adds a value that was read from `sections` and that a reload replaces. Values are replaced in the order in which
    /// they were added.
    pub fn add_reloadable<T>(&mut self, sections: &'static str, value: T)
    where
        T: Any + PartialEq + fmt::Debug + Send + Sync,
    {
        self.entries.push(Entry { sections, reloads: true, value: Arc::new(Reloadable::<T>::new(value)) });
    }

    /// The current settings of this type.
    pub fn get<T: Any>(&self) -> Result<Arc<T>, NotRead> {
        self.find(|_| true).map(Reloadable::current)
    }

    /// The settings of this type, which a reload replaces.
    pub fn reloadable<T: Any>(&self) -> Result<Reloadable<T>, NotRead> {
        self.find(|entry| entry.reloads).cloned()
    }

    fn find<T: Any>(&self, is_meant: fn(&Entry) -> bool) -> Result<&Reloadable<T>, NotRead> {
        let meant = self.entries.iter().filter(|entry| is_meant(entry));
        let mut values = meant.filter_map(|entry| (&*entry.value as &dyn Any).downcast_ref());
        values.next().ok_or(NotRead(type_name::<T>()))
    }

    /// Replaces everything reloadable by the values of `new`, which was read for the same roles, here and in every clone.
    /// What differs afterwards needs a restart.
    pub fn replace(&self, new: &Self) {
        for entry in self.entries.iter().filter(|entry| entry.reloads) {
            if let Some(new) = new.like(entry) {
                entry.value.replace_by(&*new.value);
            }
        }
    }

    /// Which names of the previous platform are used.
    pub fn compatibility(&self) -> Compatibility {
        self.compatibility
    }

    /// The sections that differ in `other`, or that only one of both has.
    pub fn sections_that_differ(&self, other: &Self) -> Vec<&'static str> {
        let is_equal =
            |entry: &Entry| other.like(entry).is_some_and(|other| entry.value.equals(&*other.value));
        let differ = self.entries.iter().filter(|entry| !is_equal(entry));
        let missing = other.entries.iter().filter(|entry| self.like(entry).is_none());
        let mut sections: Vec<_> = differ.chain(missing).map(|entry| entry.sections).collect();
        sections.dedup();
        sections
    }

    /// The entry of the same type.
    fn like(&self, entry: &Entry) -> Option<&Entry> {
        let type_id = |entry: &Entry| (&*entry.value as &dyn Any).type_id();
        self.entries.iter().find(|one| type_id(one) == type_id(entry))
    }
}

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        self.sections_that_differ(other).is_empty()
    }
}

/// A value of any type that can be compared and replaced.
trait Setting: Any + fmt::Debug + Send + Sync {
    fn equals(&self, other: &dyn Setting) -> bool;

    fn replace_by(&self, new: &dyn Setting);
}

impl<T: Any + PartialEq + fmt::Debug + Send + Sync> Setting for Reloadable<T> {
    fn equals(&self, other: &dyn Setting) -> bool {
        let other = (other as &dyn Any).downcast_ref::<Self>();
        other.is_some_and(|other| self.current() == other.current())
    }

    fn replace_by(&self, new: &dyn Setting) {
        if let Some(new) = (new as &dyn Any).downcast_ref::<Self>() {
            self.replace(new.current());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(seconds: u64, retention: u64) -> Settings {
        let mut settings = Settings::default();
        settings.add("persister", Duration::from_secs(seconds));
        settings.add_reloadable("persister", SampleRetention(Duration::from_secs(retention)));
        settings.add("api", 7_u8);
        settings
    }

    fn retention(seconds: u64) -> SampleRetention {
        SampleRetention(Duration::from_secs(seconds))
    }

    #[test]
    fn a_value_is_found_by_its_type() {
        let settings = settings(1, 2);
        assert_eq!(*settings.get::<Duration>().unwrap(), Duration::from_secs(1));
        assert_eq!(*settings.get::<SampleRetention>().unwrap(), retention(2));
        assert_eq!(*settings.get::<u8>().unwrap(), 7);
        let missing = settings.get::<u16>().unwrap_err();
        assert_eq!(missing.to_string(), "no role of this executable reads a u16 from the configuration");
        assert!(settings.reloadable::<u8>().is_err(), "it would never be replaced");
    }

    #[test]
    fn a_reload_replaces_what_reloads_wherever_it_is_held_and_names_the_rest_until_it_is_as_it_was() {
        let running = settings(1, 2);
        let held = running.clone().reloadable::<SampleRetention>().unwrap();
        let new = settings(3, 4);
        running.replace(&new);
        assert_eq!(
            (*held.current(), *running.get::<SampleRetention>().unwrap()),
            (retention(4), retention(4))
        );
        assert_eq!(*running.get::<Duration>().unwrap(), Duration::from_secs(1));
        assert_eq!(new.sections_that_differ(&running), ["persister"]);
        let back = settings(1, 5);
        running.replace(&back);
        assert_eq!((*held.current(), back.sections_that_differ(&running)), (retention(5), Vec::new()));
    }

    #[test]
    fn a_value_that_one_reading_lacks_is_named_and_no_other_takes_its_place() {
        let (running, mut new) = (settings(1, 2), Settings::default());
        new.add("api", 7_u8);
        new.add_reloadable("persister", retention(4));
        running.replace(&new);
        assert_eq!(*running.get::<SampleRetention>().unwrap(), retention(4));
        assert_eq!(new.sections_that_differ(&running), ["persister"], "the duration is missing");
        assert_eq!(running.sections_that_differ(&new), ["persister"]);
        new.add("persister", Duration::from_secs(1));
        assert_eq!(new.sections_that_differ(&running), [""; 0]);
    }

    #[test]
    fn a_section_that_differs_in_several_values_is_told_once() {
        assert_eq!(settings(1, 2).sections_that_differ(&settings(3, 4)), ["persister"]);
        assert_eq!(settings(1, 2).sections_that_differ(&settings(1, 2)), [""; 0]);
        assert!(settings(1, 2) == settings(1, 2) && settings(1, 2) != settings(1, 3));
    }
}
