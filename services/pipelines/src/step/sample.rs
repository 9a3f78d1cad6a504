//! The step `sample`.

use crate::place::Place;
use siphasher::sip::SipHasher13;
use std::fmt;
use std::hash::Hasher as _;
use watchkeeper_config::Section;
use watchkeeper_domain::Event;

/// Of how many events at most one is kept.
pub const MAX_SAMPLED: u64 = 1_000_000;

/// Keeps one of n events. Events with the same value of a field are all kept or all dropped, in every process: a trace
/// stays whole.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sampling {
    one_in: u64,
    by: Place,
}

impl Sampling {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        if !section.has("one_in") {
            section.refuse("one_in", "is missing");
        }
        Self {
            one_in: section.integer("one_in", 2..=MAX_SAMPLED, 2),
            by: section.parsed("by").unwrap_or(Place::Id),
        }
    }

    /// Events without the field are taken one by one.
    pub(super) fn keeps(&self, event: &Event) -> bool {
        let key = self.by.text(event).unwrap_or_else(|| event.id.to_string().into());
        let mut hasher = SipHasher13::new();
        hasher.write(key.as_bytes());
        hasher.finish().is_multiple_of(self.one_in)
    }
}

/// `one in 10 by trace_id`
impl fmt::Display for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one in {} by {}", self.one_in, self.by)
    }
}
