//! Live items, such as samples: followed and decoded once, for everybody who listens.

mod feed;
mod listener;

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

/// Batches that a listener may be behind before it misses some.
const MAX_BEHIND_BATCHES: usize = 64;
/// Listeners that may wait for the feed to begin.
const MAX_WAITING: usize = 64;
/// How long a listener waits for the feed to begin.
const BEGIN_WITHIN: Duration = Duration::from_secs(5);

/// Items that came in together.
#[derive(Clone, Debug)]
struct Batch<T> {
    items: Arc<[T]>,
    /// How many came in before them, since the process began.
    before: u64,
}

/// A place at the feed: what comes from now on, and how many came in before.
struct Seat<T> {
    batches: broadcast::Receiver<Batch<T>>,
    heard: u64,
}

/// What is counted of all feeds together.
#[derive(Clone)]
pub(crate) struct LiveMetrics {
    open: IntGauge,
    missed: IntCounter,
    copies: IntCounter,
}

impl LiveMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let open = IntGauge::new("watchkeeper_api_streams", "Streams of live samples that are open.")?;
        let counter = |name, help| register(registry, IntCounter::new(name, help)?);
        Ok(Self {
            open: register(registry, open)?,
            missed: counter(
                "watchkeeper_api_stream_missed_total",
                "Samples that streams left out because their clients read too slowly.",
            )?,
            copies: counter(
                "watchkeeper_api_copies_total",
                "Records that repeat a cached value under the label cached=\"true\", and were shown on no stream.",
            )?,
        })
    }
}

/// Live samples.
pub(crate) type LiveSamples = Live<SampleDecoder>;

/// Where listeners to what a decoder reads come in.
pub(crate) struct Live<D: Decode> {
    places: Arc<Semaphore>,
    most: usize,
    requests: mpsc::Sender<oneshot::Sender<Seat<D::Item>>>,
    context: RoleContext,
    metrics: LiveMetrics,
}

/// A decoder need not be one that can be cloned.
impl<D: Decode> Clone for Live<D> {
    fn clone(&self) -> Self {
        let Self { places, most, requests, context, metrics } = self;
        Self {
            places: Arc::clone(places),
            most: *most,
            requests: requests.clone(),
            context: context.clone(),
            metrics: metrics.clone(),
        }
    }
}

impl<D: Decode> Live<D> {
    /// A feed from `bus`, with room for `most` listeners. It begins once [`Feed::run`] runs.
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
        (Self { places: Arc::new(Semaphore::new(most)), most, requests, context, metrics }, feed)
    }

    /// Listens to the items that match. They are those that are published after this returns.
    ///
    /// # Errors
    /// 503 when there are too many listeners, or the bus cannot be followed within [`BEGIN_WITHIN`].
    pub(crate) async fn listen<F: Fn(&D::Item) -> bool + Send>(
        &self,
        matches: F,
    ) -> Result<Listener<D::Item, F>, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| self.full())?;
        let (reply, seat) = oneshot::channel();
        let seated = async {
            self.requests.send(reply).await.ok()?;
            seat.await.ok()
        };
        let seat = tokio::time::timeout(BEGIN_WITHIN, seated).await.ok().flatten();
        let seat = seat.ok_or_else(|| {
            let detail = format!("the live {} cannot be followed now", D::ITEMS);
            Problem::unavailable(detail, RETRY_UNAVAILABLE)
        })?;
        Ok(Listener::new(seat, matches, place, self.context.clone(), self.metrics.clone()))
    }

    /// How many listen.
    pub(crate) fn listeners(&self) -> usize {
        self.most - self.places.available_permits()
    }

    fn full(&self) -> Problem {
        let detail =
            format!("{} streams are open, which is the limit: close one, or come back later", self.most);
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
        assert_eq!(live.listeners(), 0, "who is refused leaves its place to others");
    }
}
