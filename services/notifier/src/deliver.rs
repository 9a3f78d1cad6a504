//! Sends pending notifications: lease → send, renewing the lease meanwhile → settle.

mod outcome;
mod pauses;

pub(crate) use outcome::{RETRY_AFTER_AT_LEAST, SendError};

use crate::http::POST_WITHIN;
use crate::metrics::NotifierMetrics;
use crate::sender::Sender;
use crate::settings::NotifierSettings;
use outcome::{outcome, tells};
use parking_lot::{Mutex, MutexGuard};
use pauses::Pauses;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tracing::Instrument as _;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Notification, Timestamp};
use watchkeeper_ports::{Claimed, Failure, Lease, Mailer, NotificationStore, Outcome, PortError, Tenure};
use watchkeeper_runtime::{
    Dependency, Heartbeat, RoleContext, RoleResult, Rounds, STOP_TIMEOUT, Stopped, retry,
};

/// How often the outbox is polled without a wake-up.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Most notifications being sent at once.
pub(crate) const MAX_AT_ONCE: usize = 8;
/// Timeout of one attempt to send: a mail server may take minutes for one mail, and an attempt that is aborted after
/// the server has accepted the mail is sent twice. Longer than any mailer takes.
pub const SEND_WITHIN: Duration = Duration::from_secs(11 * 60);
/// How long a lease lasts unless renewed: that long the pending notifications of a killed notifier wait for another
/// one.
pub(crate) const LEASE: Duration = Duration::from_secs(20);
/// How often a lease is renewed while its notification is being sent.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// How long nothing is leased after the outbox is available again: first, those that could not renew their leases, or
/// record an outcome, do so. They try every [`LOOK_EVERY`].
const GRACE: Duration = RENEW_EVERY;
/// How late a notification of a killed notifier may be.
const MOST_LATE: Duration = Duration::from_secs(30);
/// How long running deliveries may take to finish once the role stops. Unfinished ones are sent again when their
/// lease has expired.
const FINISH_WITHIN: Duration = Duration::from_millis(2_500);

const _: () = assert!(POST_WITHIN.as_secs() < SEND_WITHIN.as_secs());
const _: () = assert!(3 * RENEW_EVERY.as_secs() < LEASE.as_secs(), "a claim outlives two lost renewals");
const _: () = assert!(LEASE.as_secs() + 5 * LOOK_EVERY.as_secs() < MOST_LATE.as_secs());
const _: () = assert!(FINISH_WITHIN.as_millis() < STOP_TIMEOUT.as_millis());

/// Sends notifications by their channels.
pub(crate) struct Deliverer {
    store: Arc<dyn NotificationStore>,
    sender: Sender,
    /// The recipients that asked for a pause, with its end.
    pauses: Pauses,
    settings: Reloadable<NotifierSettings>,
    metrics: Arc<NotifierMetrics>,
    /// A permit is taken for each lease whose renewal is overdue.
    overdue: Semaphore,
}

impl Deliverer {
    pub(crate) fn new(
        settings: Reloadable<NotifierSettings>,
        store: Arc<dyn NotificationStore>,
        mailer: Arc<dyn Mailer>,
        metrics: Arc<NotifierMetrics>,
    ) -> Self {
        Self {
            store,
            sender: Sender::new(mailer),
            pauses: Pauses::default(),
            settings,
            metrics,
            overdue: Semaphore::new(MAX_AT_ONCE),
        }
    }

    /// Leases up to `limit` notifications that are due by `now`; nobody else sends them while the lease lasts.
    pub(crate) async fn claim(&self, now: Timestamp, limit: usize) -> Result<Vec<Claimed>, PortError> {
        self.store.claim(now, LEASE, limit).await
    }

    /// Renews a lease until it is lost. It is kept while the store is unavailable: nobody else can lease anything
    /// then.
    async fn hold(&self, lease: &Mutex<Lease>) {
        let mut overdue = None;
        loop {
            sleep(if overdue.is_some() { LOOK_EVERY } else { RENEW_EVERY }).await;
            match self.renew(lease).await {
                Ok(Tenure::Held) => overdue = None,
                Ok(Tenure::Lost) => return,
                Err(error) => {
                    tracing::warn!(notification = locked(lease).id(), %error, "cannot renew the lease of a notification yet");
                    overdue = overdue.or(self.overdue.try_acquire().ok());
                }
            }
        }
    }

    async fn renew(&self, lease: &Mutex<Lease>) -> Result<Tenure, PortError> {
        locked(lease).ask_for(Timestamp::now().plus(LEASE));
        let asked = locked(lease).clone();
        let tenure = self.store.renew(&asked).await?;
        locked(lease).granted();
        Ok(tenure)
    }

    /// Whether a lease could not be renewed in time.
    fn is_overdue(&self) -> bool {
        self.overdue.available_permits() < MAX_AT_ONCE
    }

    /// Returns when there may be something to lease again.
    async fn answers(&self) -> Result<(), PortError> {
        self.store.waiting().await.map(drop)
    }

    /// Tries to send at `now`, and returns the outcome to record.
    pub(crate) async fn attempt(&self, notification: &Notification, now: Timestamp) -> Outcome {
        let settings = self.settings.current();
        let give_up_after = settings.config.give_up_after;
        let is_last = now >= notification.made_at.plus(give_up_after);
        if let Some(postponed) = self.pauses.of(notification, now).filter(|_| !is_last) {
            return postponed;
        }
        let begun = Instant::now();
        let sent = timeout(SEND_WITHIN, self.sender.send(&settings.config, notification, now)).await;
        let sent = sent.unwrap_or_else(|_| Err(SendError::timed_out(SEND_WITHIN)));
        let took = begun.elapsed();
        self.pauses.note(notification, &sent, now.plus(took));
        let outcome = outcome(notification, sent, now.plus(took), give_up_after);
        self.metrics.attempted(notification.channel, tells(&outcome), took);
        log(notification, &outcome);
        outcome
    }

    /// Records the outcome of an attempt.
    pub(crate) async fn settle(&self, lease: &Lease, outcome: &Outcome) -> Result<Tenure, PortError> {
        self.store.settle(lease, outcome).await
    }
}

fn locked(lease: &Mutex<Lease>) -> MutexGuard<'_, Lease> {
    lease.lock()
}

fn log(notification: &Notification, outcome: &Outcome) {
    let (id, channel) = (&notification.id, notification.channel.name());
    let receiver = &notification.recipient;
    match outcome {
        Outcome::Delivered { .. } => {
            tracing::info!(notification = id, channel, receiver, "notification delivered");
        }
        Outcome::Failed { retry_at, reason } => {
            tracing::warn!(notification = id, channel, receiver, error = reason, %retry_at, "notification not delivered: will retry");
        }
        Outcome::Postponed { .. } => {}
        Outcome::GivenUp { reason, .. } => {
            tracing::error!(
                notification = id,
                channel,
                receiver,
                error = reason,
                "notification failed permanently"
            );
        }
    }
}

/// Sends pending notifications until the role stops, woken by `news`; then finishes the running deliveries.
pub(crate) async fn keep_delivering(
    context: RoleContext,
    deliverer: Arc<Deliverer>,
    news: Arc<Notify>,
) -> RoleResult {
    let heartbeat = context.heartbeat("deliver");
    let mut rounds = Rounds::every(LOOK_EVERY, &context, &heartbeat);
    let mut delivery = Delivery {
        context: context.clone(),
        outbox: context.dependency("outbox"),
        deliverer,
        news: Arc::clone(&news),
        places: Arc::new(Semaphore::new(MAX_AT_ONCE)),
        under_way: JoinSet::new(),
        is_away: false,
        claims_from: Instant::now(),
    };
    while rounds.next_or_when(news.notified(), delivery.begin(&heartbeat)).await? {}
    let finished = async { while delivery.under_way.join_next().await.is_some() {} };
    if heartbeat.idle(timeout(FINISH_WITHIN, finished)).await.is_err() {
        tracing::warn!("stopped while sending notifications: they are sent again");
    }
    Ok(())
}

/// The running deliveries.
struct Delivery {
    context: RoleContext,
    outbox: Dependency,
    deliverer: Arc<Deliverer>,
    /// Also notified when a slot is free.
    news: Arc<Notify>,
    places: Arc<Semaphore>,
    under_way: JoinSet<()>,
    /// Whether the outbox was unavailable.
    is_away: bool,
    /// Nothing is leased before this.
    claims_from: Instant,
}

impl Delivery {
    /// Starts sending what is due, up to the free slots.
    async fn begin(&mut self, heartbeat: &Heartbeat) -> Result<(), Stopped> {
        while self.under_way.try_join_next().is_some() {}
        let room = self.places.available_permits();
        if self.deliverer.is_overdue() {
            self.claims_from = Instant::now() + GRACE;
        }
        if room == 0 || Instant::now() < self.claims_from {
            return Ok(());
        }
        match heartbeat.waiting(self.outbox.name(), self.claim(room)).await {
            Ok(claimed) => {
                self.outbox.up();
                for claimed in claimed {
                    self.send(claimed);
                }
            }
            Err(error) if error.failure() == Failure::Stop => return Err(error.into()),
            Err(error) => {
                self.is_away = true;
                self.outbox.down(error);
            }
        }
        Ok(())
    }

    /// Nothing, if the outbox is available again and others go first.
    async fn claim(&mut self, room: usize) -> Result<Vec<Claimed>, PortError> {
        if self.is_away {
            self.deliverer.answers().await?;
            self.is_away = false;
            self.claims_from = Instant::now() + GRACE;
            return Ok(Vec::new());
        }
        self.deliverer.claim(Timestamp::now(), room).await
    }

    fn send(&mut self, claimed: Claimed) {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let (context, outbox, news) = (self.context.clone(), self.outbox.clone(), Arc::clone(&self.news));
        let deliverer = Arc::clone(&self.deliverer);
        let delivering = async move {
            deliver(&context, &outbox, &deliverer, claimed).await;
            drop(place);
            news.notify_one();
        };
        self.under_way.spawn(delivering.in_current_span());
    }
}

/// Sends one notification and records the outcome, for as long as that takes: a notification that was sent without
/// being recorded would be sent again. If another notifier has leased it meanwhile, it is left alone.
async fn deliver(context: &RoleContext, outbox: &Dependency, deliverer: &Deliverer, claimed: Claimed) {
    let Claimed { notification, lease } = claimed;
    let (id, heartbeat) = (&notification.id, context.heartbeat("send"));
    let is_late = lease.ends()[0].plus(RENEW_EVERY) < Timestamp::now().plus(LEASE);
    let lease = Mutex::new(lease);
    let attempt = async {
        // The lease took so long to arrive that another notifier may have taken it over since.
        if is_late && deliverer.renew(&lease).await.ok() != Some(Tenure::Held) {
            return None;
        }
        tokio::select! {
            biased;
            outcome = deliverer.attempt(&notification, Timestamp::now()) => Some(outcome),
            () = deliverer.hold(&lease) => None,
        }
    };
    let Some(outcome) = heartbeat.idle(attempt).await else {
        tracing::warn!(notification = id, "sending aborted: the lease was lost");
        return;
    };
    let settle = async || {
        let held = locked(&lease).clone();
        deliverer.settle(&held, &outcome).await
    };
    let settled = tokio::select! {
        settled = retry(context, &heartbeat, outbox, settle) => settled,
        // A successful delivery is recorded even if the lease is lost.
        never = async { deliverer.hold(&lease).await; pending().await } => never,
    };
    match settled {
        Ok(Tenure::Held) => {}
        Ok(Tenure::Lost) => {
            tracing::warn!(
                notification = id,
                ?outcome,
                "outcome not recorded: the notification is already settled or leased by another notifier"
            );
        }
        Err(error) => {
            tracing::warn!(notification = id, %error, "cannot record the outcome of a notification");
        }
    }
}

#[cfg(test)]
mod tests;
