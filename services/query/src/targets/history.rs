//! What is known of the past of every target.

use super::board::{Check, Kind, Since};
use super::family::Family;
use super::state::GONE_AFTER;
use super::uptime::Tally;
use super::{checks, days, hours, kinds, onset};
use crate::samples::Samples;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_ports::{PortError, RollupStore};

/// The past of every target, by the key of its series.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    pub(super) targets: HashMap<String, Past>,
    pub(super) hours_at: Option<Timestamp>,
    pub(super) days_at: Option<Timestamp>,
    pub(super) kinds_at: Option<Timestamp>,
}

/// The past of one target.
#[derive(Clone, Debug)]
pub(super) struct Past {
    pub(super) family: Family,
    pub(super) kind: Kind,
    pub(super) series: Arc<Series>,
    /// The latest sample in the store.
    pub(super) latest: Sample,
    /// Oldest first.
    pub(super) checks: Vec<Check>,
    /// Whether some of its last checks may not have been read.
    pub(super) has_gap: bool,
    /// When all its last checks were read.
    pub(super) filled_at: Option<Timestamp>,
    /// Checks by the start of their hour.
    pub(super) hours: BTreeMap<Timestamp, Tally>,
    /// Checks by the start of their day, for days that have ended.
    pub(super) days: BTreeMap<Timestamp, Tally>,
    /// When an outage began that is longer than the last checks.
    pub(super) down_since: Option<Since>,
}

impl Past {
    pub(super) fn new(family: Family, latest: Sample) -> Self {
        let kind = if family == Family::Heartbeats { Kind::Heartbeat } else { Kind::Other };
        Self {
            family,
            kind,
            series: Arc::clone(&latest.series),
            latest,
            checks: Vec::new(),
            has_gap: true,
            filled_at: None,
            hours: BTreeMap::new(),
            days: BTreeMap::new(),
            down_since: None,
        }
    }
}

impl History {
    /// Brings everything up to date. After an error, what was read until then is kept.
    pub(super) async fn renew(
        &mut self,
        samples: &Samples,
        rollups: &dyn RollupStore,
        max_targets: usize,
        now: Timestamp,
    ) -> Result<(), PortError> {
        self.renew_targets(samples, max_targets, now).await?;
        for family in Family::ALL {
            checks::renew(self, family, samples, now).await?;
        }
        kinds::renew(self, samples, max_targets, now).await?;
        hours::renew(self, samples, now).await?;
        days::renew(self, rollups, max_targets, now).await?;
        onset::renew(self, samples).await
    }

    /// Adds new targets, and forgets those that were deleted, or not checked for [`GONE_AFTER`].
    async fn renew_targets(
        &mut self,
        samples: &Samples,
        max_targets: usize,
        now: Timestamp,
    ) -> Result<(), PortError> {
        let mut found = HashMap::new();
        let mut has_new = false;
        for family in Family::ALL {
            for sample in samples.stored_latest(&family.filter(), max_targets, now).await? {
                // A job may run once a year.
                let is_gone = family == Family::Probes && now.since(sample.collected_at) > GONE_AFTER;
                if is_gone {
                    continue;
                }
                let key = sample.series.key().to_owned();
                let past = self.targets.remove(&key).map(|past| Past { latest: sample.clone(), ..past });
                has_new |= past.is_none();
                found.insert(key, past.unwrap_or_else(|| Past::new(family, sample)));
            }
        }
        if has_new {
            (self.hours_at, self.days_at, self.kinds_at) = (None, None, None);
        }
        self.targets = found;
        Ok(())
    }

    pub(super) fn of(&mut self, family: Family) -> impl Iterator<Item = &mut Past> {
        self.targets.values_mut().filter(move |past| past.family == family)
    }
}
