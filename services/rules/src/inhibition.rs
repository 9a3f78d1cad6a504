//! Inhibitions: alerts that mute others.

use crate::matchers;
use crate::routing::{self, MAX_GROUP_FIELDS};
use watchkeeper_config::Section;
use watchkeeper_domain::{Alert, Matchers};

/// Most sections `[[inhibit]]`.
pub const MAX_INHIBITIONS: usize = 100;

/// While an alert fires that matches `when`, alerts that match `mute` are not notified, if all fields of `equal` have
/// the same value in both.
#[derive(Clone, Debug, PartialEq)]
pub struct Inhibition {
    /// Matches the alerts that mute others.
    pub when: Matchers,
    /// Matches the alerts that are muted.
    pub mute: Matchers,
    /// The fields (see [`Alert::field`](watchkeeper_domain::Alert::field)) that must be equal. Both must have them: an
    /// alert without one is neither muted nor mutes.
    pub equal: Vec<String>,
}

impl Inhibition {
    /// Reads a section `[[inhibit]]`.
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            when: matchers::read(section, "when"),
            mute: matchers::read(section, "mute"),
            equal: routing::read_fields(section, "equal", MAX_GROUP_FIELDS),
        }
    }

    /// Whether `alert` mutes others while it fires.
    pub fn is_source(&self, alert: &Alert) -> bool {
        self.when.hold(|field| alert.field(field))
    }

    /// Whether `alert` can be muted.
    pub fn is_target(&self, alert: &Alert) -> bool {
        self.mute.hold(|field| alert.field(field))
    }

    /// The values that must be equal; `None` if a field is missing or empty.
    pub(crate) fn values<'a>(&self, alert: &'a Alert) -> Option<Vec<&'a str>> {
        let value = |field: &String| alert.field(field).filter(|value| !value.is_empty());
        self.equal.iter().map(value).collect()
    }
}
