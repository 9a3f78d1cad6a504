//! Samples to test with.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_ports::TopicId;

/// 2026-11-20T10:00:00Z.
pub(crate) fn noon() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

/// So many seconds after [`noon`].
pub(crate) fn after(seconds: u64) -> Timestamp {
    noon().plus(Duration::from_secs(seconds))
}

/// The topic that is consumed, unless a promise says otherwise.
pub(crate) fn topic_id() -> TopicId {
    TopicId::new("cluster/topic")
}

/// One of the same name that was created anew.
pub(crate) fn created_anew() -> TopicId {
    TopicId::new("cluster/topic created anew")
}

/// A series of source `test`.
pub(crate) fn series(name: &str, labels: &[(&str, &str)]) -> Arc<Series> {
    Arc::new(Series::new("test", name, "", labels).unwrap())
}

pub(crate) fn sample(series: &Arc<Series>, seconds: u64, value: f64) -> Sample {
    Sample { series: Arc::clone(series), collected_at: after(seconds), value }
}
