//! What happens to one request: read → decompress → decode → publish.

use crate::answer;
use crate::arrival::ArrivalClock;
use crate::body;
use crate::config::IngestConfig;
use crate::content::Content;
use crate::decode::{Decoded, decode};
use crate::decompress::decompress;
use crate::metrics::IngestMetrics;
use crate::outlet::Outlet;
use crate::refusal::refused;
use crate::room::Room;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use std::mem;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{PortError, RecordBatch};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::IngestAnswer;

/// Bodies that are decompressed and decoded at once, each on a thread of its own. The others wait for
/// their turn, as many as have room.
pub const DECODED_AT_ONCE: usize = 4;

/// Takes in bodies.
pub(crate) struct Intake {
    pub(crate) outlet: Outlet,
    pub(crate) metrics: IngestMetrics,
    config: IngestConfig,
    /// How long the store keeps samples: older ones are refused.
    retention: Duration,
    room: Room,
    turns: Arc<Semaphore>,
    arrivals: Arc<ArrivalClock>,
}

impl Intake {
    pub(crate) fn new(
        config: IngestConfig,
        retention: Duration,
        outlet: Outlet,
        metrics: IngestMetrics,
    ) -> Self {
        Self {
            outlet,
            metrics,
            room: Room::of(config.max_in_hand),
            config,
            retention,
            turns: Arc::new(Semaphore::new(DECODED_AT_ONCE)),
            arrivals: Arc::default(),
        }
    }

    /// Takes in a body. When this returns `Ok`, every accepted sample is durable, on the bus or in the spool;
    /// when it is dropped half-way, because the sender has gone, all of them are or none.
    pub(crate) async fn take(
        &self,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(StatusCode, IngestAnswer), Problem> {
        let content = Content::of(headers)?;
        let mut share = self.room.enter();
        let sent = body::read(body, self.config.max_body, &mut share).await?;
        self.metrics.body_bytes.observe(f64::from(u32::try_from(sent.len()).unwrap_or(u32::MAX)));
        let mut decoded = self.decode(sent, content).await?;
        if decoded.accepted > 0 {
            let batch = mem::take(&mut decoded.batch);
            share.resize(batch.size_bytes())?;
            self.publish(batch, decoded.accepted).await?;
        }
        self.metrics.refused.inc_by(decoded.refused as u64);
        match decoded.accepted {
            0 if decoded.refused > 0 => Err(answer::all_refused(decoded)),
            _ => Ok(answer::accepted(decoded)),
        }
    }

    /// Waits for its turn, then works on a thread that may block.
    async fn decode(&self, sent: Vec<u8>, content: Content) -> Result<Decoded, Problem> {
        let arrived_at = Timestamp::now();
        let turn = Arc::clone(&self.turns).acquire_owned().await.expect("the semaphore is never closed");
        let IngestConfig { max_decompressed, max_items, .. } = self.config;
        let (arrivals, retention) = (Arc::clone(&self.arrivals), self.retention);
        let decoding = spawn_blocking(move || {
            let _turn = turn;
            let body = decompress(sent, content.coding, max_decompressed)?;
            decode(&body, content.format, max_items, arrived_at, retention, &arrivals)
        });
        // A panic has told the log already.
        decoding.await.unwrap_or_else(|_| Err(Problem::internal()))
    }

    async fn publish(&self, batch: RecordBatch, samples: usize) -> Result<(), Problem> {
        let published = self.outlet.publish(batch).await;
        let counter = if published.is_ok() { &self.metrics.accepted } else { &self.metrics.unpublished };
        counter.inc_by(samples as u64);
        published.map_err(|error| match error {
            // Each record is within the limits of a sample, so it is the batch that is too large.
            PortError::Rejected { reason, .. } => refused(StatusCode::PAYLOAD_TOO_LARGE, "body", reason),
            error => error.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;
    use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
    use watchkeeper_runtime::RoleContext;

    #[tokio::test(start_paused = true)]
    async fn a_body_waits_its_turn_while_as_many_are_decoded_as_the_limit() {
        let (directory, context) = (tempfile::tempdir().unwrap(), RoleContext::detached("ingest"));
        let bus = EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap();
        let outlet = Outlet::new(&context, Arc::new(bus), None).unwrap();
        let metrics = IngestMetrics::register(context.registry()).unwrap();
        let intake = Intake::new(IngestConfig::default(), Duration::MAX, outlet, metrics);
        let headers = HeaderMap::new();
        let take = || intake.take(&headers, Body::from("[]"));

        let mut turns: Vec<_> = (0..DECODED_AT_ONCE).map(|_| intake.turns.try_acquire().unwrap()).collect();
        // The paused time moves on only when nothing is at work, on a blocking thread or here.
        assert!(timeout(Duration::from_secs(1), take()).await.is_err());
        turns.pop();
        assert!(timeout(Duration::from_secs(1), take()).await.is_ok());
    }
}
