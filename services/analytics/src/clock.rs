//! The clock by which rollups are pruned.

use crate::pass::Walk;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::clock::Looks;
use watchkeeper_ports::{PortError, RollupStore};
use watchkeeper_runtime::clock::{ClockLedger, from_marks, to_marks};

/// Stores the clock's state among the marks of the passes, which serve as evidence before the first reading.
pub(crate) struct PassClock {
    pub(crate) rollups: Arc<dyn RollupStore>,
    pub(crate) walks: Vec<Walk>,
}

#[async_trait]
impl ClockLedger for PassClock {
    async fn looks(&self, now: Timestamp) -> Result<Looks, PortError> {
        let names = to_marks(&Looks::beginning()).map(|(name, _)| name);
        if let Some(looks) = from_marks(&self.marks(&names).await?) {
            return Ok(looks);
        }
        let passes = self.walks.iter().flat_map(|walk| &walk.passes);
        let names: Vec<&str> = passes.map(|pass| pass.name.as_str()).collect();
        let made_until = self.marks(&names).await?.into_values().filter(|until| *until <= now).max();
        Ok(Looks::beginning_at(made_until.unwrap_or(now)))
    }

    async fn note(&self, looks: &Looks) -> Result<(), PortError> {
        for (name, at) in to_marks(looks) {
            self.rollups.set_made_until(name, at).await?;
        }
        Ok(())
    }
}

impl PassClock {
    async fn marks(&self, names: &[&str]) -> Result<HashMap<String, Timestamp>, PortError> {
        let mut marks = HashMap::new();
        for name in names {
            marks.extend(self.rollups.made_until(name).await?.map(|at| ((*name).to_owned(), at)));
        }
        Ok(marks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::config;
    use std::time::Duration;
    use watchkeeper_domain::clock::Doubt;
    use watchkeeper_test_kit::World;

    #[tokio::test]
    async fn the_passes_bear_witness_until_a_look_was_noted() {
        let world = World::new();
        let rollups = world.rollups.clone();
        let clock = PassClock { rollups: rollups.clone(), walks: Walk::all(&config()) };
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let hour = |hours: u64| now.minus(Duration::from_secs(hours * 3_600));
        assert_eq!(clock.looks(now).await.unwrap(), Looks::beginning_at(now));
        for (pass, at) in
            [("hour", hour(1)), ("day", hour(20)), ("day+3600s", now.plus(Duration::from_secs(9)))]
        {
            rollups.set_made_until(pass, at).await.unwrap();
        }
        assert_eq!(clock.looks(now).await.unwrap(), Looks::beginning_at(hour(1)));
        let looks = Looks { believed: hour(2), doubt: Some(Doubt { since: hour(1), until: now }) };
        clock.note(&looks).await.unwrap();
        assert_eq!(clock.looks(now).await.unwrap(), looks);
    }
}
