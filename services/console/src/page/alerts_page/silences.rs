//! Active and pending silences.

use super::super::listed::Listed;
use super::super::moment::Moment;
use crate::format::{count, cut, duration};
use crate::gather::Silences;
use watchkeeper_domain::{Silence, Timestamp};
use watchkeeper_query::MAX_SILENCES;
use watchkeeper_rules::Unmatched;

/// Maximum number of silences shown.
const SHOWN_SILENCES: usize = 50;
/// Maximum length of matchers, ID and comment shown, in characters.
const SHOWN_CHARS: usize = 300;
/// Maximum length of the creator's name shown, in characters.
pub(super) const SHOWN_BY_CHARS: usize = 60;

pub(super) struct SilencesPart {
    pub(super) listed: Listed<SilenceRow>,
    /// The limit, if there are more silences than that.
    pub(super) looked_at: Option<String>,
}

pub(super) struct SilenceRow {
    pub(super) anchor: Option<String>,
    pub(super) id: String,
    pub(super) is_active: bool,
    pub(super) matchers: String,
    pub(super) starts: Moment,
    pub(super) ends: Moment,
    /// The remaining time of an active silence, the duration of a pending one.
    pub(super) length: String,
    pub(super) by: String,
    pub(super) comment: String,
    /// That it matches no series.
    pub(super) warning: Option<String>,
}

impl SilencesPart {
    pub(super) fn new(silences: &Silences, unmatched: &Unmatched, now: Timestamp) -> Self {
        let row = |(place, silence): (_, &Silence)| SilenceRow {
            warning: unmatched.silences.get(&silence.id).map(|warning| cut(warning, SHOWN_CHARS)),
            ..SilenceRow::new(place, silence, now)
        };
        Self {
            listed: Listed::first(silences.all.iter().enumerate(), SHOWN_SILENCES, row),
            looked_at: silences.more_unread.then(|| count(MAX_SILENCES)),
        }
    }
}

impl SilenceRow {
    fn new(place: usize, silence: &Silence, now: Timestamp) -> Self {
        let Silence { id, matchers, starts_at, ends_at, created_by, comment } = silence;
        Self {
            anchor: anchor(place),
            id: cut(id, SHOWN_CHARS),
            is_active: silence.is_active(now),
            matchers: cut(&matchers.to_string(), SHOWN_CHARS),
            starts: Moment::clock(*starts_at, now),
            ends: Moment::clock(*ends_at, now),
            length: duration(ends_at.since(now.max(*starts_at)).as_secs_f64()),
            by: cut(created_by, SHOWN_BY_CHARS),
            comment: cut(comment, SHOWN_CHARS),
            warning: None,
        }
    }
}

/// The element id of the silence at this index, if it is shown. User-chosen silence IDs are never used in element ids.
pub(super) fn anchor(place: usize) -> Option<String> {
    (place < SHOWN_SILENCES).then(|| format!("silence-{}", place + 1))
}
