//! The steps `rename`, `keep` and `remove`.

use super::{Listed, MAX_STEP_FIELDS};
use crate::Failure;
use crate::place::{self, Place};
use std::fmt;
use watchkeeper_config::Section;
use watchkeeper_domain::Event;
use watchkeeper_domain::event::{MARKS, MAX_FIELD_NAME_BYTES};

/// Moves what is at one place to another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rename(Vec<(Place, Place)>);

impl Rename {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let names = section.texts("rename", MAX_STEP_FIELDS, MAX_FIELD_NAME_BYTES);
        if names.is_empty() {
            section.refuse("rename", "must name fields, such as { old = \"new\" }");
        }
        let mut renames = Vec::new();
        for (from, to) in names {
            match (from.parse(), to.parse()) {
                (Ok(Place::Id), _) | (_, Ok(Place::Id)) => section.refuse("rename", "cannot change the id"),
                (Ok(from), Ok(to)) => renames.push((from, to)),
                (Err(reason), _) | (_, Err(reason)) => {
                    section.refuse("rename", format!("{from} to {to}: {reason}"));
                }
            }
        }
        Self(renames)
    }

    pub(super) fn apply(&self, event: &mut Event) -> Result<(), Failure> {
        for (from, to) in &self.0 {
            if let Some(value) = from.take(event) {
                to.put(event, value)?;
            }
        }
        Ok(())
    }
}

/// `old to new, a to b`
impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<_> = self.0.iter().map(|(from, to)| format!("{from} to {to}")).collect();
        Listed(&each).fmt(f)
    }
}

/// Removes all other fields; time, level, service, host and message stay.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Keep(Vec<String>);

impl Keep {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let mut paths = Vec::new();
        for place in section.parsed_set("keep", MAX_STEP_FIELDS) {
            match place {
                Place::Field(path) => paths.push(path),
                part => section.refuse("keep", format!("{part} always stays: name fields only")),
            }
        }
        Self(paths)
    }

    pub(super) fn apply(&self, event: &mut Event) {
        let paths: Vec<&str> = self.0.iter().map(String::as_str).chain([MARKS]).collect();
        place::keep_only(&mut event.fields, &paths);
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("no field") } else { Listed(&self.0).fmt(f) }
    }
}

/// Removes fields, or empties parts of the event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Remove {
    parts: Vec<Place>,
    paths: Vec<String>,
}

impl Remove {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let (mut parts, mut paths) = (Vec::new(), Vec::new());
        for place in section.parsed_set("remove", MAX_STEP_FIELDS) {
            match place {
                Place::Field(path) => paths.push(path),
                Place::Id => section.refuse("remove", "cannot remove the id"),
                part => parts.push(part),
            }
        }
        Self { parts, paths }
    }

    pub(super) fn apply(&self, event: &mut Event) {
        for part in &self.parts {
            part.take(event);
        }
        place::remove_all(&mut event.fields, &self.paths);
    }
}

impl fmt::Display for Remove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.parts.iter().map(Place::to_string).chain(self.paths.iter().cloned()).collect();
        Listed(&all).fmt(f)
    }
}
