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
use crate::series::{RecentSeries, Sender};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};
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
    pub(crate) recent: Arc<RecentSeries>,
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
            recent: Arc::new(RecentSeries::new(config.series, Instant::now())),
            config,
            retention,
            turns: Arc::new(Semaphore::new(DECODED_AT_ONCE)),
            arrivals: Arc::default(),
        }
    }

    /// Takes in a body. When this returns `Ok`, every accepted sample is durable, on the bus or in the spool.
    /// Of a body whose sender has gone or is told to come back, any number may be: a sample that is sent again
    /// is stored once.
    pub(crate) async fn take(
        &self,
        sender: Sender,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(StatusCode, IngestAnswer), Problem> {
        let content = Content::of(headers)?;
        let mut share = self.room.enter();
        let sent = body::read(body, self.config.max_body, &mut share).await?;
        self.metrics.body_bytes.observe(f64::from(u32::try_from(sent.len()).unwrap_or(u32::MAX)));
        let mut decoded = self.decode(sent, content, sender).await?;
        if decoded.accepted > 0 {
            let batches = mem::take(&mut decoded.batches);
            share.resize(batches.iter().map(RecordBatch::size_bytes).sum())?;
            self.publish(batches, decoded.accepted).await?;
        }
        self.metrics.refused.inc_by(decoded.refused as u64);
        self.metrics.without_room.inc_by(decoded.without_room as u64);
        match decoded.accepted {
            0 if decoded.refused > 0 => Err(answer::all_refused(decoded)),
            _ => Ok(answer::accepted(decoded)),
        }
    }

    /// Waits for its turn, then works on a thread that may block.
    async fn decode(&self, sent: Vec<u8>, content: Content, sender: Sender) -> Result<Decoded, Problem> {
        let arrived_at = Timestamp::now();
        let turn = Arc::clone(&self.turns).acquire_owned().await.expect("the semaphore is never closed");
        let IngestConfig { max_decompressed, max_items, .. } = self.config;
        let (arrivals, recent) = (Arc::clone(&self.arrivals), Arc::clone(&self.recent));
        let retention = self.retention;
        let decoding = spawn_blocking(move || {
            let _turn = turn;
            let body = decompress(sent, content.coding, max_decompressed)?;
            let recent = recent.of(&sender, Instant::now());
            decode(&body, content.format, max_items, arrived_at, retention, &arrivals, recent)
        });
        // A panic has told the log already.
        decoding.await.unwrap_or_else(|_| Err(Problem::internal()))
    }

    async fn publish(&self, batches: Vec<RecordBatch>, samples: usize) -> Result<(), Problem> {
        let published = self.publish_in_order(batches).await;
        let counter = if published.is_ok() { &self.metrics.accepted } else { &self.metrics.unpublished };
        counter.inc_by(samples as u64);
        published.map_err(|error| match error {
            PortError::Rejected { reason, .. } => refused_by_bus(&reason),
            error => error.into(),
        })
    }

    async fn publish_in_order(&self, batches: Vec<RecordBatch>) -> Result<(), PortError> {
        for batch in batches {
            self.outlet.publish(batch).await?;
        }
        Ok(())
    }
}

/// 413: a batch is within the limits of ingest, so that it is the bus that is set to take less.
fn refused_by_bus(reason: &str) -> Problem {
    let reason = format!(
        "is more than the bus takes ({reason}): send fewer samples at once, or raise that limit where [backends] \
         says where the bus is"
    );
    refused(StatusCode::PAYLOAD_TOO_LARGE, "body", reason)
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
        let take = || intake.take(None.into(), &headers, Body::from("[]"));

        let mut turns: Vec<_> = (0..DECODED_AT_ONCE).map(|_| intake.turns.try_acquire().unwrap()).collect();
        // The paused time moves on only when nothing is at work, on a blocking thread or here.
        assert!(timeout(Duration::from_secs(1), take()).await.is_err());
        turns.pop();
        assert!(timeout(Duration::from_secs(1), take()).await.is_ok());
    }
}
