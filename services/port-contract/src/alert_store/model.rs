//! A model of the store, compared after each of many random evaluations.

use super::{advance, alerts, cleared, firing, memories, partition, position, remembered, try_store};
use crate::Fixture;
use crate::confusable::confusable;
use crate::samples::after;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Series};
use watchkeeper_ports::{AlertKey, AlertStore, Evaluation, Memory, Offset, TopicPartition};

const STEPS: u64 = 200;
const PARTITIONS: u32 = 3;
const RULES: [&str; 3] = ["busy", "Busy", "down"];

#[derive(Default)]
struct Model {
    positions: BTreeMap<TopicPartition, Offset>,
    memories: BTreeMap<(TopicPartition, String), Memory>,
    alerts: BTreeMap<AlertKey, Alert>,
}

impl Model {
    fn store(&mut self, evaluation: &Evaluation) -> bool {
        let position = |partition| self.positions.get(partition).copied().unwrap_or(0);
        if evaluation.advances.iter().any(|advance| Some(position(&advance.partition)) != advance.expected) {
            return false;
        }
        for advance in &evaluation.advances {
            self.positions.insert(advance.partition.clone(), advance.next);
        }
        for (partition, memory) in &evaluation.memories {
            let key = (partition.clone(), memory.series_key.clone());
            if memory.state.is_empty() {
                self.memories.remove(&key);
            } else {
                self.memories.insert(key, memory.clone());
            }
        }
        for alert in &evaluation.alerts {
            self.alerts.insert(AlertKey::of(alert), alert.clone());
        }
        true
    }

    async fn assert_is_like(&self, store: &dyn AlertStore, step: u64) {
        for number in 0..PARTITIONS {
            let expected = self.positions.get(&partition(number)).copied();
            assert_eq!(position(store, number).await, expected, "step {step}");
            let of_partition = self.memories.iter().filter(|((of, _), _)| *of == partition(number));
            let expected: Vec<_> = of_partition.map(|(_, memory)| memory.clone()).collect();
            assert_eq!(memories(store, number).await, expected, "step {step}");
        }
        assert_eq!(alerts(store).await, self.alerts.values().cloned().collect::<Vec<_>>(), "step {step}");
    }
}

/// Random results for random series of one partition; every fifth evaluation is that of a zombie.
fn any_evaluation(random: &mut StdRng, model: &Model, all: &[Arc<Series>], step: u64) -> Evaluation {
    let number = random.random_range(0..PARTITIONS);
    let expected = model.positions.get(&partition(number)).copied().unwrap_or(0);
    let seen = if random.random_ratio(1, 5) { expected + 1 } else { expected };
    let mut evaluation =
        Evaluation { advances: vec![advance(number, seen, expected + 10)], ..Evaluation::default() };
    for _ in 0..random.random_range(0..10) {
        let series = &all[random.random_range(0..all.len())];
        let state = if random.random_ratio(1, 3) { String::new() } else { format!("state {step}") };
        evaluation.memories.push(remembered(number, series.key(), &state));
        let alert = firing(RULES[random.random_range(0..RULES.len())], series, step);
        let clears = random.random::<bool>();
        evaluation.alerts.push(if clears { cleared(&alert, step) } else { alert });
    }
    evaluation
}

/// Alerts, some of them cleared; some of the instants are those of clearing.
fn any_removal(random: &mut StdRng, model: &Model, step: u64) -> Vec<(AlertKey, u64)> {
    let of_alert =
        |(key, _): (&AlertKey, _)| (key.clone(), random.random_range(step.saturating_sub(5)..=step));
    model.alerts.iter().map(of_alert).collect()
}

pub async fn after_any_evaluations_the_store_is_what_a_model_says<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (mut random, mut model) = (StdRng::seed_from_u64(3), Model::default());
    let all: Vec<_> = confusable().into_iter().take(12).collect();
    for step in 0..STEPS {
        let evaluation = any_evaluation(&mut random, &model, &all, step);
        let is_stored = model.store(&evaluation);
        assert_eq!(try_store(&*store, evaluation).await.is_ok(), is_stored, "step {step}");
        if step % 10 == 0 {
            let removal = any_removal(&mut random, &model, step);
            let at_instants: Vec<_> = removal.iter().map(|(key, at)| (key.clone(), after(*at))).collect();
            store.remove(&at_instants).await.unwrap();
            for (key, at) in at_instants {
                model.alerts.retain(|of, alert| *of != key || alert.cleared_at != Some(at));
            }
            model.assert_is_like(&*store, step).await;
        }
    }
    model.assert_is_like(&*store, STEPS).await;
}
