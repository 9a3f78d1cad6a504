//! Alerts that need not be told while another fires.

use crate::matchers;
use crate::routing::{self, MAX_GROUP_FIELDS};
use watchkeeper_config::Section;
use watchkeeper_domain::{Alert, Matchers};

/// Most sections `[[inhibit]]`.
pub const MAX_INHIBITIONS: usize = 100;

/// While an alert fires that `when` matches, those that `mute` matches are not told, if all fields of
/// `equal` have the same value in both.
#[derive(Clone, Debug, PartialEq)]
pub struct Inhibition {
    /// Which alerts mute others.
    pub when: Matchers,
    /// Which alerts are muted.
    pub mute: Matchers,
    /// The fields (see [`Alert::field`](watchkeeper_domain::Alert::field)) that both have in common; one
    /// that neither has counts as the same.
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

    /// Whether `alert` is one of those that are muted.
    pub fn is_target(&self, alert: &Alert) -> bool {
        self.mute.hold(|field| alert.field(field))
    }

    /// What must be equal in both; a field that is not there counts as empty.
    pub(crate) fn values<'a>(&self, alert: &'a Alert) -> Vec<&'a str> {
        self.equal.iter().map(|field| alert.field(field).unwrap_or_default()).collect()
    }
}
