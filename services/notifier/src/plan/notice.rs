//! A notice to one recipient for one group.

use super::Recipient;
use super::group_key::ShownFields;
use std::time::Duration;
use watchkeeper_domain::{Alert, Timestamp};

/// One message to one recipient for one group of alerts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notice<'a> {
    /// Unique, of letters, digits and `-`.
    pub(crate) id: String,
    /// The id of the first notice of this episode of the group; `None` in that one.
    pub(crate) follows: Option<String>,
    pub(crate) recipient: Recipient,
    /// The common fields of the alerts, with their values, in the order of `group_by`.
    pub(crate) group: Vec<(String, String)>,
    pub(crate) why: Why,
    /// The alerts, by [`News`], the most severe first; never empty.
    pub(crate) alerts: Vec<Told<'a>>,
    /// How many more alerts of the group fire, but are silenced or inhibited.
    pub(crate) muted: usize,
    /// For how long nobody has acknowledged the alerts that fire, if it escalates them.
    pub(crate) escalated_after: Option<Duration>,
    /// When it was decided.
    pub(crate) made_at: Timestamp,
}

/// One alert in a notice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Told<'a> {
    /// What changed.
    pub(crate) news: News,
    /// The alert as it is now.
    pub(crate) alert: &'a Alert,
}

/// What changed for an alert, in the order of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum News {
    /// It fires.
    Fires,
    /// It was notified before; since then it has cleared and fired again.
    FiresAgain,
    /// It has cleared.
    Cleared,
    /// It still fires, as notified before.
    StillFires,
}

/// The reason for a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Why {
    /// Nothing of the group was notified before, or all of that has cleared.
    First,
    /// An alert fires (again), or some have cleared while others fire.
    Changed,
    /// Nothing has changed for `repeat_interval`.
    Repeated,
    /// All notified alerts have cleared.
    Recovered,
}

impl Notice<'_> {
    /// The group as matchers: `rule="disk_full", host="web1"`.
    pub(crate) fn group_name(&self) -> String {
        ShownFields(&self.group).to_string()
    }
}

impl Why {
    /// The name in messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Changed => "changed",
            Self::Repeated => "repeated",
            Self::Recovered => "recovered",
        }
    }
}

impl News {
    /// The name in messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fires => "fires",
            Self::FiresAgain => "fires_again",
            Self::Cleared => "cleared",
            Self::StillFires => "still_fires",
        }
    }
}
