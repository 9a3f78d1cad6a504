//! What one recipient is told of one group.

use super::Recipient;
use super::group_key::ShownFields;
use watchkeeper_domain::{Alert, Timestamp};

/// One message to one recipient about one group of alerts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notice<'a> {
    /// Tells it from every other notice, of letters, digits and `-`.
    pub(crate) id: String,
    /// The id of the notice with which this episode of the group began; `None` for that one.
    pub(crate) follows: Option<String>,
    /// Who is told.
    pub(crate) recipient: Recipient,
    /// The fields that the alerts have in common, with their values, in the order of `group_by`.
    pub(crate) group: Vec<(String, String)>,
    /// Why now.
    pub(crate) why: Why,
    /// What is told, by [`News`], the most severe first; never empty.
    pub(crate) alerts: Vec<Told<'a>>,
    /// How many alerts of the group fire besides, but are silenced or inhibited.
    pub(crate) muted: usize,
    /// When it was decided.
    pub(crate) made_at: Timestamp,
}

/// One alert in a notice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Told<'a> {
    /// What is told of it.
    pub(crate) news: News,
    /// The alert as it is now.
    pub(crate) alert: &'a Alert,
}

/// What is told of an alert, in the order in which people want to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum News {
    /// It fires.
    Fires,
    /// It was told before; since then it has cleared and fired again.
    FiresAgain,
    /// It has cleared.
    Cleared,
    /// It fires as was told before.
    StillFires,
}

/// Why a notice is made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Why {
    /// Nothing of the group was told before, or all of that has cleared.
    First,
    /// An alert fires (again), or some have cleared while others fire.
    Changed,
    /// Nothing has changed for `repeat_interval`.
    Repeated,
    /// All that was told has cleared.
    Recovered,
}

impl Notice<'_> {
    /// The group as people read it: `rule="disk_full", host="web1"`.
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
