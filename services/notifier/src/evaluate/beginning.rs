//! Starts newly assigned partitions.

use super::{Evaluating, PAGE_ALERTS, PAGE_MEMORIES};
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_ports::{AlertKey, Epoch, Evaluation, Memory, Page, PortError, TopicPartition};
use watchkeeper_rules::Rule;
use watchkeeper_runtime::Heartbeat;

impl Evaluating {
    /// Restores the evaluator state of the partition's series; returns those whose state cannot be read. State of a
    /// series that belongs to another partition is removed, also from the store; its alerts are adopted where it
    /// belongs.
    pub(super) async fn recall(
        &mut self,
        partition: &TopicPartition,
        epoch: &Epoch,
        heartbeat: &Heartbeat,
    ) -> Result<Vec<String>, PortError> {
        self.evaluator.forget(partition);
        let mut page = Page::first(PAGE_MEMORIES);
        let mut lost = Vec::new();
        loop {
            heartbeat.beat();
            let memories = self.alerts.memories(partition, &page).await?;
            let Some(Memory { series_key, .. }) = memories.last() else { return Ok(lost) };
            page.after = Some(series_key.clone());
            let mut moved_away = Vec::new();
            for memory in memories {
                if !self.is_at_home(partition, &memory.series_key) {
                    moved_away.push((partition.clone(), Memory { state: Bytes::new(), ..memory }));
                } else if !self.evaluator.recall(partition, &memory) {
                    lost.push(memory.series_key);
                }
            }
            if !moved_away.is_empty() {
                let epochs = vec![epoch.clone()];
                let forgetting = Evaluation { epochs, memories: moved_away, ..Evaluation::default() };
                self.alerts.store(Arc::new(forgetting)).await?;
            }
        }
    }

    fn is_at_home(&self, partition: &TopicPartition, series_key: &str) -> bool {
        !self.repartition.is_needed() || self.repartition.home(series_key) == partition.partition
    }

    /// Whether the alert is for samples of a series without state.
    fn is_unwatched(&self, home: &TopicPartition, alert: &Alert) -> bool {
        let rule = self.evaluator.rules().rule(&alert.rule);
        rule.is_none_or(Rule::is_about_samples) && !self.evaluator.remembers(home, alert.series.key())
    }

    /// Adopts the alerts that fire for series of these partitions without state: those whose state is `lost`, and
    /// those that fired while the series was in another partition. No sample would ever clear them.
    pub(super) async fn adopt(
        &mut self,
        partitions: &[TopicPartition],
        lost: &HashMap<String, TopicPartition>,
        heartbeat: &Heartbeat,
    ) -> Result<(), PortError> {
        let may_have_moved = self.repartition.is_needed();
        if lost.is_empty() && !may_have_moved {
            return Ok(());
        }
        let now = Timestamp::now();
        let mut after = None;
        loop {
            heartbeat.beat();
            let alerts = self.alerts.alerts(after.as_ref(), PAGE_ALERTS).await?;
            let Some(last_alert) = alerts.last() else { return Ok(()) };
            after = Some(AlertKey::of(last_alert));
            let mut found: BTreeMap<&TopicPartition, Vec<Alert>> = BTreeMap::new();
            for alert in alerts.into_iter().filter(Alert::is_firing) {
                let key = alert.series.key();
                let home = lost.get(key).or_else(|| {
                    let home = partitions.iter().find(|partition| self.is_at_home(partition, key));
                    home.filter(|home| may_have_moved && self.is_unwatched(home, &alert))
                });
                if let Some(home) = home {
                    found.entry(home).or_default().push(alert);
                }
            }
            for (home, alerts) in found {
                self.evaluator.adopt(home, &alerts, now);
            }
        }
    }
}
