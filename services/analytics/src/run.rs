//! The role's loops.

use crate::api::ApiClient;
use crate::clock::PassClock;
use crate::config::AnalyticsConfig;
use crate::due::{Chunk, Known};
use crate::make::make;
use crate::metrics::AnalyticsMetrics;
use crate::pass::Walk;
use crate::retention::keep_pruning;
use crate::status::status_line;
use crate::world::World;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::RollupStore;
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped, millis};

/// How often the role checks whether a window is due.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Computes the rollups of every window that ends, and prunes them by retention, until the role stops.
pub async fn run(
    context: RoleContext,
    config: AnalyticsConfig,
    api: ApiClient,
    rollups: Arc<dyn RollupStore>,
) -> RoleResult {
    let metrics = AnalyticsMetrics::register(context.registry())?;
    let walks = Walk::all(&config);
    let ledger = PassClock { rollups: Arc::clone(&rollups), walks: walks.clone() };
    let shortest = walks.iter().map(|walk| walk.retention).min().unwrap_or_default();
    let clock = Clock::new(&context, ledger, move || shortest)?;
    let looking = clock.clone().keep_looking(context.clone());
    let pruning = keep_pruning(context.clone(), clock, walks.clone(), Arc::clone(&rollups), metrics.clone());
    let analytics = Analytics { world: World::new(context, api, rollups, metrics), walks };
    tokio::try_join!(analytics.keep_up(), pruning, looking)?;
    Ok(())
}

pub(crate) struct Analytics {
    pub(crate) world: World,
    pub(crate) walks: Vec<Walk>,
}

impl Analytics {
    /// Computes what is due until the role stops.
    async fn keep_up(&self) -> RoleResult {
        let World { context, heartbeat, .. } = &self.world;
        // Nothing may be due for an hour; report before whether the api is available.
        if let Err(Stopped::Failed(error)) = self.world.ask(|| self.world.api.oldest()).await {
            return Err(error.into());
        }
        let mut rounds = Rounds::every(LOOK_EVERY, context, heartbeat);
        while rounds.next(Box::pin(self.catch_up(Timestamp::now()))).await? {}
        Ok(())
    }

    /// Computes everything that is due at `now`.
    pub(crate) async fn catch_up(&self, now: Timestamp) -> Result<(), Stopped> {
        loop {
            let known = self.look(now).await?;
            self.tell(&known);
            let Some(chunk) = self.walks.iter().find_map(|walk| walk.next(&known)) else { return Ok(()) };
            self.make(&chunk, &known).await?;
        }
    }

    /// Reads the marks each time, so that a lost store is filled again.
    async fn look(&self, now: Timestamp) -> Result<Known, Stopped> {
        let mut known = Known { now, oldest: None, marks: HashMap::new() };
        for walk in &self.walks {
            for pass in &walk.passes {
                let mark = self.world.store(|| self.world.rollups.made_until(&pass.name)).await?;
                known.marks.extend(mark.map(|mark| (pass.name.clone(), mark)));
            }
        }
        if self.walks.iter().any(|walk| walk.begins(&known)) {
            known.oldest = self.world.ask(|| self.world.api.oldest()).await?;
        }
        Ok(known)
    }

    fn tell(&self, known: &Known) {
        for walk in &self.walks {
            self.world.metrics.stands(&walk.stands(known));
        }
        self.world.context.set_status(status_line(&self.walks, known));
    }

    async fn make(&self, chunk: &Chunk<'_>, known: &Known) -> Result<(), Stopped> {
        let started = Instant::now();
        let rollups = make(&self.world, chunk, known.marks.get(&chunk.pass.name).copied()).await?;
        let took = started.elapsed();
        self.world.metrics.made(chunk, rollups, took);
        let duration_ms = millis(took);
        // One old sample is followed by a long time without any: its empty windows are no news.
        if rollups > 0 {
            tracing::info!(pass = chunk.pass.name, until = %chunk.to, rollups, duration_ms, "rolled up");
        } else {
            tracing::debug!(pass = chunk.pass.name, until = %chunk.to, duration_ms, "nothing to roll up");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
