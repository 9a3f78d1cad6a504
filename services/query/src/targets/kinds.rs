//! How targets are checked, by which series they have.

use super::board::Kind;
use super::family::{Family, labels_of};
use super::history::History;
use crate::page::PageQuestion;
use crate::samples::Samples;
use std::collections::HashMap;
use std::time::Duration;
use watchkeeper_domain::{SeriesFilter, Timestamp};
use watchkeeper_ports::PortError;

/// The kind of a target may change with its configuration.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// A series that only targets of one kind have; of several, the first counts.
const SERIES: [(&str, Kind); 4] = [
    ("http_status", Kind::Http),
    ("packet_loss_percent", Kind::Ping),
    ("domain_expires_in_days", Kind::Domain),
    ("certificate_expires_in_days", Kind::Tls),
];

pub(super) async fn renew(
    history: &mut History,
    samples: &Samples,
    max_targets: usize,
    now: Timestamp,
) -> Result<(), PortError> {
    if history.kinds_at.is_some_and(|at| now.since(at) < EVERY) {
        return Ok(());
    }
    let mut kinds = HashMap::new();
    for (name, kind) in SERIES {
        let filter = SeriesFilter::named(super::UPTIME, name);
        let page = samples.series(&PageQuestion { filter, limit: max_targets, cursor: None }).await?;
        for series in page.items {
            kinds.entry(labels_of(&series).to_owned()).or_insert(kind);
        }
    }
    for past in history.of(Family::Probes) {
        past.kind = kinds.get(labels_of(&past.series)).copied().unwrap_or_default();
    }
    history.kinds_at = Some(now);
    Ok(())
}
