//! Live items, such as samples: consumed and decoded once for all listeners.

mod events;
mod feed;
mod listener;
mod parts;

pub(crate) use events::LiveEventDecoder;
pub(crate) use feed::Feed;
pub(crate) use listener::{Heard, Listener};

use prometheus::{IntCounter, IntGauge, Registry};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot};
use watchkeeper_ports::EventBus;
use watchkeeper_runtime::http::{Problem, RETRY_UNAVAILABLE};
use watchkeeper_runtime::telemetry::register;
use watchkeeper_runtime::{Dependency, RoleContext};
use watchkeeper_wire::Decode;
use watchkeeper_wire::sample::SampleDecoder;

/// Batches that a listener may lag before it misses some; each is about
/// [`MAX_PART_BYTES`](parts::MAX_PART_BYTES) at most.
const MAX_BEHIND_BATCHES: usize = 64;
/// Listeners that may wait for the feed to start.
const MAX_WAITING: usize = 64;
/// How long a listener waits for the feed to start.
const BEGIN_WITHIN: Duration = Duration::from_secs(5);

/// Items that arrived together.
#[derive(Clone, Debug)]
struct Batch<T> {
    items: Arc<[T]>,
    /// Number of items that arrived before them since the process started.
    before: u64,
}

/// A subscription to the feed: batches from now on, and the number of items before.
struct Subscription<T> {
    batches: broadcast::Receiver<Batch<T>>,
    heard: u64,
}

/// Metrics of all feeds.
#[derive(Clone)]
pub(crate) struct LiveMetrics {
    open: IntGauge,
    missed: IntCounter,
    copies: IntCounter,
}

impl LiveMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let open = IntGauge::new("watchkeeper_api_streams", "Open streams of live samples and events.")?;
        let counter = |name, help| register(registry, IntCounter::new(name, help)?);
        Ok(Self {
            open: register(registry, open)?,
            missed: counter(
                "watchkeeper_api_stream_missed_total",
                "Samples and events skipped on streams because clients read too slowly.",
            )?,
            copies: counter(
                "watchkeeper_api_copies_total",
                "Records that repeat a cached value (label cached=\"true\"), skipped on all streams.",
            )?,
        })
    }
}

/// Live samples.
pub(crate) type LiveSamples = Live<SampleDecoder>;
/// Live events.
pub(crate) type LiveEvents = Live<LiveEventDecoder>;

/// The listeners of the items of one decoder.
pub(crate) struct Live<D: Decode> {
    permits: Arc<Semaphore>,
    most: usize,
    requests: mpsc::Sender<oneshot::Sender<Subscription<D::Item>>>,
    context: RoleContext,
    metrics: LiveMetrics,
}

/// By hand, because the decoder need not be `Clone`.
impl<D: Decode> Clone for Live<D> {
    fn clone(&self) -> Self {
        let Self { permits, most, requests, context, metrics } = self;
        Self {
            permits: Arc::clone(permits),
            most: *most,
            requests: requests.clone(),
            context: context.clone(),
            metrics: metrics.clone(),
        }
    }
}

impl<D: Decode> Live<D> {
    /// A feed from `bus` for at most `most` listeners. It starts with [`Feed::run`].
    pub(crate) fn new(
        context: RoleContext,
        bus: Arc<dyn EventBus>,
        dependency: Dependency,
        decoder: D,
        most: usize,
        metrics: LiveMetrics,
    ) -> (Self, Feed<D>) {
        let (requests, waiting) = mpsc::channel(MAX_WAITING);
        let feed = Feed::new(context.clone(), bus, dependency, decoder, waiting, metrics.copies.clone());
        (Self { permits: Arc::new(Semaphore::new(most)), most, requests, context, metrics }, feed)
    }

    /// Listens to matching items that are published after this returns.
    ///
    /// # Errors
    /// 503 when there are too many listeners, or the feed does not start within [`BEGIN_WITHIN`].
    pub(crate) async fn listen<F: Fn(&D::Item) -> bool + Send>(
        &self,
        matches: F,
    ) -> Result<Listener<D::Item, F>, Problem> {
        // The permit lives as long as the listener, so that dropping a stream frees its slot.
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| self.full())?;
        let (reply, subscription) = oneshot::channel();
        let subscribed = async {
            self.requests.send(reply).await.ok()?;
            subscription.await.ok()
        };
        let subscription = tokio::time::timeout(BEGIN_WITHIN, subscribed).await.ok().flatten();
        let subscription = subscription.ok_or_else(|| {
            let detail = format!("cannot follow live {} now", D::ITEMS);
            Problem::unavailable(detail, RETRY_UNAVAILABLE)
        })?;
        Ok(Listener::new(subscription, matches, permit, self.context.clone(), self.metrics.clone()))
    }

    /// Number of listeners.
    pub(crate) fn listeners(&self) -> usize {
        self.most - self.permits.available_permits()
    }

    fn full(&self) -> Problem {
        let detail =
            format!("{} streams are open, which is the limit: close one, or try again later", self.most);
        Problem::unavailable(detail, RETRY_UNAVAILABLE)
            .of_kind("too-many-streams", "Too many streams are open")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use futures_util::future::join_all;
    use tokio::time::Instant;
    use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};

    #[tokio::test(start_paused = true)]
    async fn as_many_as_can_wait_and_more_are_refused_when_the_feed_does_not_begin() {
        let dir = tempfile::tempdir().unwrap();
        let bus = Arc::new(EmbeddedBus::open(dir.path(), &EmbeddedOptions::default()).unwrap());
        let context = RoleContext::detached("api");
        let dependency = context.dependency("bus");
        let metrics = LiveMetrics::register(context.registry()).unwrap();
        let (live, _feed) =
            Live::new(context, bus, dependency, SampleDecoder::new(), 2 * MAX_WAITING, metrics);
        let start = Instant::now();
        let listeners = join_all((0..2 * MAX_WAITING).map(|_| live.listen(|_| true))).await;
        assert_eq!(start.elapsed(), BEGIN_WITHIN);
        for refused in listeners {
            assert_eq!(refused.err().map(|problem| problem.status()), Some(StatusCode::SERVICE_UNAVAILABLE));
        }
        assert_eq!(live.listeners(), 0, "who is refused leaves its permit to others");
    }
}
