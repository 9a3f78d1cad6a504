//! Live samples: followed and decoded once, for everybody who listens.

mod feed;
mod listener;

pub(crate) use feed::Feed;
pub(crate) use listener::{Heard, Listener};

use prometheus::{IntCounter, IntGauge};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot};
use watchkeeper_domain::{Sample, SeriesFilter};
use watchkeeper_ports::EventBus;
use watchkeeper_runtime::http::{Problem, RETRY_UNAVAILABLE};
use watchkeeper_runtime::telemetry::register;
use watchkeeper_runtime::{Dependency, RoleContext};

/// Batches that a listener may be behind before it misses some.
const MAX_BEHIND_BATCHES: usize = 64;
/// Listeners that may wait for the feed to begin.
const MAX_WAITING: usize = 64;
/// How long a listener waits for the feed to begin.
const BEGIN_WITHIN: Duration = Duration::from_secs(5);

/// Samples that came in together.
#[derive(Clone, Debug)]
struct Batch {
    samples: Arc<[Sample]>,
    /// How many came in before them, since the process began.
    before: u64,
}

/// A place at the feed: what comes from now on, and how many came in before.
struct Seat {
    batches: broadcast::Receiver<Batch>,
    heard: u64,
}

/// Where listeners come in.
#[derive(Clone)]
pub(crate) struct Live {
    places: Arc<Semaphore>,
    most: usize,
    requests: mpsc::Sender<oneshot::Sender<Seat>>,
    context: RoleContext,
    open: IntGauge,
    missed: IntCounter,
}

impl Live {
    /// A feed from `bus`, with room for `most` listeners. It begins once [`Feed::run`] runs.
    pub(crate) fn new(
        context: RoleContext,
        bus: Arc<dyn EventBus>,
        dependency: Dependency,
        most: usize,
    ) -> Result<(Self, Feed), prometheus::Error> {
        let open = IntGauge::new("watchkeeper_api_streams", "Streams of live samples that are open.")?;
        let missed = IntCounter::new(
            "watchkeeper_api_stream_missed_total",
            "Samples that streams left out because their clients read too slowly.",
        )?;
        let (open, missed) = (register(context.registry(), open)?, register(context.registry(), missed)?);
        let copies = IntCounter::new(
            "watchkeeper_api_copies_total",
            "Records that repeat a cached value under the label cached=\"true\", and were shown on no stream.",
        )?;
        let copies = register(context.registry(), copies)?;
        let (requests, waiting) = mpsc::channel(MAX_WAITING);
        let feed = Feed::new(context.clone(), bus, dependency, waiting, copies);
        Ok((Self { places: Arc::new(Semaphore::new(most)), most, requests, context, open, missed }, feed))
    }

    /// Listens to the samples that match. They are those that are published after this returns.
    ///
    /// # Errors
    /// 503 when there are too many listeners, or the bus cannot be followed within [`BEGIN_WITHIN`].
    pub(crate) async fn listen(&self, filter: SeriesFilter) -> Result<Listener, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| self.full())?;
        let (reply, seat) = oneshot::channel();
        let seated = async {
            self.requests.send(reply).await.ok()?;
            seat.await.ok()
        };
        let seat =
            tokio::time::timeout(BEGIN_WITHIN, seated).await.ok().flatten().ok_or_else(not_followed)?;
        Ok(Listener::new(seat, filter, place, self))
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

fn not_followed() -> Problem {
    Problem::unavailable("the live samples cannot be followed now", RETRY_UNAVAILABLE)
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
        let (live, _feed) = Live::new(context, bus, dependency, 2 * MAX_WAITING).unwrap();
        let start = Instant::now();
        let listeners = join_all((0..2 * MAX_WAITING).map(|_| live.listen(SeriesFilter::default()))).await;
        assert_eq!(start.elapsed(), BEGIN_WITHIN);
        for refused in listeners {
            assert_eq!(refused.err().map(|problem| problem.status()), Some(StatusCode::SERVICE_UNAVAILABLE));
        }
        assert_eq!(live.listeners(), 0, "who is refused leaves its place to others");
    }
}
