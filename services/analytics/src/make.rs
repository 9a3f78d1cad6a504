//! Computes windows: from the api to the store.

use crate::api;
use crate::due::Chunk;
use crate::world::World;
use watchkeeper_domain::{RollupQuery, SeriesFilter, SeriesRollups, Timestamp, Window};
use watchkeeper_ports::PortError;
use watchkeeper_runtime::Stopped;

/// The pending rollups are stored from this many on. The last series may exceed it, by the windows of a chunk.
const MAX_IN_HAND: usize = 10_000;

/// Computes the windows of a chunk, and advances the mark of its pass; returns the number of rollups. Waits for
/// unavailable dependencies. If the api is lost half-way, the whole chunk is queried again: what was stored of it is
/// stored again, which changes nothing. If the mark is no longer at `mark`, somebody has moved it to have windows
/// recomputed, and it is left there.
pub(crate) async fn make(world: &World, chunk: &Chunk<'_>, mark: Option<Timestamp>) -> Result<u64, Stopped> {
    let query = RollupQuery::new(SeriesFilter::default(), chunk.window, chunk.from, chunk.to)
        .map_err(|violation| PortError::Broken { what: "analytics", reason: violation.to_string() })?;
    let made = world.ask(|| Box::pin(transfer(world, &query))).await??;
    // Last, so that windows are recomputed after a crash before it.
    world.store(|| world.rollups.move_made_until(&chunk.pass.name, mark, chunk.to)).await?;
    Ok(made)
}

/// Stores what the api computes. Fails with errors of the api; those of the store are in the result.
async fn transfer(world: &World, query: &RollupQuery) -> Result<Result<u64, Stopped>, PortError> {
    let mut rolled_up = world.heartbeat.waiting(api::NAME, world.api.roll_up(query)).await?;
    let mut in_hand = InHand::default();
    loop {
        let next = tokio::select! {
            () = world.context.shutdown().cancelled() => return Ok(Err(Stopped::Shutdown)),
            next = world.heartbeat.waiting(api::NAME, rolled_up.next()) => next?,
        };
        let Some(series) = next else { break };
        in_hand.push(series);
        if in_hand.is_full()
            && let Err(stopped) = in_hand.put(world, query.window()).await
        {
            return Ok(Err(stopped));
        }
    }
    Ok(in_hand.put(world, query.window()).await.map(|()| in_hand.stored))
}

/// Pending rollups.
#[derive(Default)]
struct InHand {
    series: Vec<SeriesRollups>,
    /// Their number.
    rollups: usize,
    /// The number stored before.
    stored: u64,
}

impl InHand {
    fn push(&mut self, series: SeriesRollups) {
        self.rollups += series.rollups.len();
        self.series.push(series);
    }

    fn is_full(&self) -> bool {
        self.rollups >= MAX_IN_HAND
    }

    /// Stores what is pending.
    async fn put(&mut self, world: &World, window: Window) -> Result<(), Stopped> {
        if self.series.is_empty() {
            return Ok(());
        }
        world.store(|| world.rollups.put(window, &self.series)).await?;
        #[expect(clippy::cast_precision_loss, reason = "some ten thousand at most")]
        world.metrics.batch.observe(self.rollups as f64);
        self.stored += self.rollups as u64;
        self.rollups = 0;
        self.series.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{rollup, series};

    #[test]
    fn what_is_in_hand_is_stored_at_its_limit() {
        let mut in_hand = InHand::default();
        let of = |rollups: usize| SeriesRollups {
            series: series("a"),
            rollups: vec![rollup("20T10:00", 1.0); rollups],
        };
        in_hand.push(of(MAX_IN_HAND - 1));
        assert!(!in_hand.is_full());
        in_hand.push(of(1));
        assert!(in_hand.is_full());
    }
}
