//! Processing of one request: read → decompress → decode → publish.

use crate::answer::{self, refused};
use crate::body::{self, Room};
use crate::config::IngestConfig;
use crate::content::Content;
use crate::decode::Decoded;
use crate::decompress::decompress;
use crate::kind::{Kind, Sender};
use crate::metrics::{HttpMetrics, ItemMetrics};
use crate::refusals::{Client, Refusals};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{EventBus as _, PortError, RecordBatch};
use watchkeeper_runtime::http::Problem;
use watchkeeper_spool::SpooledBus;
use watchkeeper_wire::json::IngestAnswer;

/// Bodies decompressed and decoded at once, each on its own thread. The others wait for their turn, as many as the
/// memory budget allows.
pub const DECODED_AT_ONCE: usize = 4;

/// Accepts bodies of one kind of record.
pub(crate) struct Intake<K> {
    shared: Arc<Shared>,
    pub(crate) kind: K,
    pub(crate) metrics: ItemMetrics,
}

/// State shared by all kinds.
pub(crate) struct Shared {
    pub(crate) bus: SpooledBus,
    pub(crate) metrics: HttpMetrics,
    pub(crate) refusals: Refusals,
    /// Events of syslog that were published, for the status.
    pub(crate) syslog: AtomicU64,
    pub(crate) config: Reloadable<IngestConfig>,
    room: Room,
    turns: Arc<Semaphore>,
}

impl Shared {
    pub(crate) fn new(
        config: Reloadable<IngestConfig>,
        bus: SpooledBus,
        metrics: HttpMetrics,
        refusals: Refusals,
    ) -> Self {
        let (room, turns) = (Room::default(), Arc::new(Semaphore::new(DECODED_AT_ONCE)));
        Self { bus, metrics, refusals, syslog: AtomicU64::default(), config, room, turns }
    }
}

impl<K: Kind> Intake<K> {
    pub(crate) fn new(shared: Arc<Shared>, kind: K, metrics: ItemMetrics) -> Self {
        Self { shared, kind, metrics }
    }

    /// Processes a body of JSON, and answers it. When this returns `Ok`, every accepted item is durable, on the bus or in
    /// the spool. If the sender disconnects or is told to retry, any number of items may be.
    pub(crate) async fn take(
        self: &Arc<Self>,
        sender: Sender,
        client: &Client,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(StatusCode, IngestAnswer), Problem> {
        let decode = Content::of(headers).map(|Content { format, coding }| {
            move |kind: &K, sent: Vec<u8>, config: &IngestConfig, now: Timestamp| {
                let body = decompress(sent, coding, config.max_decompressed)?;
                kind.decode(&sender, &body, format, config, now)
            }
        });
        let decoded = self.accept(client, body, decode).await?;
        match decoded.accepted {
            0 if decoded.refused > 0 => Err(answer::all_refused::<K>(decoded)),
            _ => Ok(answer::accepted(decoded)),
        }
    }

    /// Reads a body, decodes it with `decode`, unless its headers are refused already, and publishes what is accepted. All
    /// items may be refused.
    pub(crate) async fn accept<D>(
        self: &Arc<Self>,
        client: &Client,
        body: Body,
        decode: Result<D, Problem>,
    ) -> Result<Decoded, Problem>
    where
        D: FnOnce(&K, Vec<u8>, &IngestConfig, Timestamp) -> Result<Decoded, Problem> + Send + 'static,
    {
        let refusals = &self.shared.refusals;
        let decoded = self.publish_all(body, decode).await;
        let decoded = decoded.inspect_err(|problem| refusals.note_body(client, problem))?;
        refusals.note_items(client, &decoded);
        self.metrics.refused.inc_by(decoded.refused as u64);
        if let Some(without_room) = &self.metrics.without_room {
            without_room.inc_by(decoded.without_room as u64);
        }
        Ok(decoded)
    }

    async fn publish_all<D>(
        self: &Arc<Self>,
        body: Body,
        decode: Result<D, Problem>,
    ) -> Result<Decoded, Problem>
    where
        D: FnOnce(&K, Vec<u8>, &IngestConfig, Timestamp) -> Result<Decoded, Problem> + Send + 'static,
    {
        let (decode, config) = (decode?, self.shared.config.current());
        let mut share = self.shared.room.enter(config.max_in_hand);
        let sent = body::read(body, config.max_body, &mut share).await?;
        self.shared.metrics.body_bytes.observe(f64::from(u32::try_from(sent.len()).unwrap_or(u32::MAX)));
        let mut decoded = self.decode(sent, config, decode).await?;
        if decoded.accepted > 0 {
            let batches = mem::take(&mut decoded.batches);
            share.resize(batches.iter().map(RecordBatch::size_bytes).sum())?;
            self.publish(batches, decoded.accepted).await?;
        }
        Ok(decoded)
    }

    /// Waits for its turn, then decodes on a blocking thread.
    async fn decode<D>(
        self: &Arc<Self>,
        sent: Vec<u8>,
        config: Arc<IngestConfig>,
        decode: D,
    ) -> Result<Decoded, Problem>
    where
        D: FnOnce(&K, Vec<u8>, &IngestConfig, Timestamp) -> Result<Decoded, Problem> + Send + 'static,
    {
        let arrived_at = Timestamp::now();
        let turn =
            Arc::clone(&self.shared.turns).acquire_owned().await.expect("the semaphore is never closed");
        let intake = Arc::clone(self);
        let decoding = spawn_blocking(move || {
            let _turn = turn;
            decode(&intake.kind, sent, &config, arrived_at)
        });
        // The panic hook has logged it.
        decoding.await.unwrap_or_else(|_| Err(Problem::internal()))
    }

    async fn publish(&self, batches: Vec<RecordBatch>, items: usize) -> Result<(), Problem> {
        let published = self.publish_in_order(batches).await;
        let counter = if published.is_ok() { &self.metrics.accepted } else { &self.metrics.unpublished };
        counter.inc_by(items as u64);
        published.map_err(|error| match error {
            PortError::Rejected { reason, .. } => refused_by_bus(K::ITEM, &reason),
            error => error.into(),
        })
    }

    async fn publish_in_order(&self, batches: Vec<RecordBatch>) -> Result<(), PortError> {
        for batch in batches {
            self.shared.bus.publish(&K::TOPIC, batch).await?;
        }
        Ok(())
    }
}

/// 413: a batch is within the limits of ingest, so the bus is configured to accept less.
fn refused_by_bus(item: &str, reason: &str) -> Problem {
    let reason = format!(
        "exceeds the limit of the bus ({reason}): send fewer {item}s at once, or raise that limit on the bus that \
         [backends] names"
    );
    refused(StatusCode::PAYLOAD_TOO_LARGE, "body", reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Samples;
    use std::time::Duration;
    use tokio::time::timeout;
    use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
    use watchkeeper_letters::Refused;
    use watchkeeper_runtime::RoleContext;

    #[tokio::test(start_paused = true)]
    async fn a_body_waits_its_turn_while_as_many_are_decoded_as_the_limit() {
        let (directory, context) = (tempfile::tempdir().unwrap(), RoleContext::detached("ingest"));
        let bus = EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap();
        let bus = SpooledBus::new(&context, Arc::new(bus), None, Samples::TOPIC).unwrap();
        let (config, registry) = (Reloadable::new(IngestConfig::default()), context.registry());
        let samples = Samples::new(config.clone(), Box::new(|| Duration::MAX), registry).unwrap();
        let refusals = Refusals::new(Refused::default(), registry).unwrap();
        let shared = Shared::new(config, bus, HttpMetrics::register(registry).unwrap(), refusals);
        let metrics = ItemMetrics::register::<Samples>(registry).unwrap();
        let intake = Arc::new(Intake::new(Arc::new(shared), samples, metrics));
        let headers = HeaderMap::new();
        let client = Client::of(&axum::http::Extensions::new());
        let take = || intake.take(None.into(), &client, &headers, Body::from("[]"));

        let mut turns: Vec<_> =
            (0..DECODED_AT_ONCE).map(|_| intake.shared.turns.try_acquire().unwrap()).collect();
        // The paused time moves on only when nothing is at work, on a blocking thread or here.
        assert!(timeout(Duration::from_secs(1), take()).await.is_err());
        turns.pop();
        assert!(timeout(Duration::from_secs(1), take()).await.is_ok());
    }
}
