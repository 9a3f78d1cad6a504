//! Active and pending silences.

use super::super::listed::Listed;
use super::super::moment::Moment;
use crate::format::{count, cut, duration};
use crate::gather::Silences;
use watchkeeper_domain::{Alert, Silence, Timestamp};
use watchkeeper_query::MAX_SILENCES;
use watchkeeper_rules::Unmatched;

/// Maximum number of silences shown.
const SHOWN_SILENCES: usize = 50;
/// Maximum length of matchers, ID and comment shown, in characters.
const SHOWN_CHARS: usize = 300;
/// Maximum length of the creator's name shown, in characters.
pub(in super::super) const SHOWN_BY_CHARS: usize = 60;

pub(super) struct SilencesPart {
    pub(super) listed: Listed<SilenceRow>,
    /// The limit, if there are more silences than that.
    pub(super) looked_at: Option<String>,
}

pub(in super::super) struct SilenceRow {
    pub(in super::super) anchor: Option<String>,
    /// As shown.
    pub(in super::super) id: String,
    /// As it is.
    pub(in super::super) exact_id: String,
    /// How many firing alerts an active one mutes, in words.
    pub(in super::super) mutes: Option<String>,
    pub(in super::super) is_active: bool,
    pub(in super::super) matchers: String,
    pub(in super::super) starts: Moment,
    pub(in super::super) ends: Moment,
    /// The remaining time of an active silence, the duration of a pending one.
    pub(in super::super) length: String,
    pub(in super::super) by: String,
    pub(in super::super) comment: String,
    /// That it matches no series.
    pub(in super::super) warning: Option<String>,
}

impl SilencesPart {
    /// `firing` are the alerts that are counted.
    pub(super) fn new(silences: &Silences, firing: &[Alert], unmatched: &Unmatched, now: Timestamp) -> Self {
        let mutes = |silence: &Silence| firing.iter().filter(|alert| silence.covers(alert, now)).count();
        let row = |(place, silence): (_, &Silence)| SilenceRow {
            mutes: silence.is_active(now).then(|| mutes_text(mutes(silence))),
            warning: unmatched.silences.get(&silence.id).map(|warning| cut(warning, SHOWN_CHARS)),
            ..SilenceRow::new(place, silence, now)
        };
        Self {
            listed: Listed::first(silences.all.iter().enumerate(), SHOWN_SILENCES, row),
            looked_at: silences.more_unread.then(|| count(MAX_SILENCES)),
        }
    }
}

fn mutes_text(mutes: usize) -> String {
    match mutes {
        0 => "mutes nothing now".to_owned(),
        1 => "mutes 1 alert".to_owned(),
        many => format!("mutes {} alerts", count(many)),
    }
}

impl SilenceRow {
    pub(in super::super) fn new(place: usize, silence: &Silence, now: Timestamp) -> Self {
        let Silence { id, matchers, starts_at, ends_at, created_by, comment } = silence;
        Self {
            anchor: anchor(place),
            id: cut(id, SHOWN_CHARS),
            exact_id: id.clone(),
            mutes: None,
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
