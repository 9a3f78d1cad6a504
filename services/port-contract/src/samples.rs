//! Samples for tests.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Note, Sample, Series, Timestamp};
use watchkeeper_ports::TopicId;

/// Text that is easily stored wrongly: several lines, quotes, other scripts, four-byte characters, and an
/// engine's special characters.
pub(crate) const ODD_TEXT: &str =
    " line\r\n\tдве строки, 漢字, 𝄞 €\n'\"`\\;--%_${}[]<b>&amp;?=*\u{7f}\u{200b} ";

/// 2026-11-20T10:00:00Z.
pub(crate) fn noon() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

/// This many seconds after [`noon`].
pub(crate) fn after(seconds: u64) -> Timestamp {
    noon().plus(Duration::from_secs(seconds))
}

/// The ID of the consumed topic, unless a promise says otherwise.
pub(crate) fn topic_id() -> TopicId {
    TopicId::new("cluster/topic")
}

/// The ID of a topic of the same name that was created again.
pub(crate) fn created_anew() -> TopicId {
    TopicId::new("cluster/topic created anew")
}

/// A series of source `test`.
pub(crate) fn series(name: &str, labels: &[(&str, &str)]) -> Arc<Series> {
    Arc::new(Series::new("test", name, "", labels).unwrap())
}

/// A sample with a note.
pub(crate) fn noted(series: &Arc<Series>, seconds: u64, value: f64, note: &str) -> Sample {
    sample(series, seconds, value).with_note(Note::new(note).unwrap())
}

pub(crate) fn sample(series: &Arc<Series>, seconds: u64, value: f64) -> Sample {
    Sample::new(Arc::clone(series), after(seconds), value)
}
