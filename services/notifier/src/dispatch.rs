//! Planning: from alerts to notifications in the outbox.

use crate::maintenance;
use crate::outgoing::Outgoing;
use crate::plan::{Decision, GroupPlan, Notice};
use crate::settings::NotifierSettings;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_ports::{
    About, AlertKey, AlertStore, Failure, NotificationStore, Plan, Planned, PortError, SilenceStore,
};
use watchkeeper_query::{FirstAlerts, first_alerts, unended_silences};
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds};

/// How often to plan notifications when no alert change is signalled.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Most notifications per plan, not counting the rest of the group that exceeds it; other groups are planned in the
/// next round.
const MAX_PER_PLAN: usize = 500;
/// Most alerts of a notification that it is found by.
const MAX_ABOUT: usize = 1_000;
/// Nothing is planned while this many notifications are pending: later notifications reflect the state then, and
/// nothing is lost.
const MAX_WAITING: u64 = 10_000;
/// How many times in a row a plan may be outdated by another planner before waiting for the next round.
const MAX_ATTEMPTS: usize = 3;

/// The alerts of the last round.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Seen {
    /// At most [`MAX_ALERTS`](watchkeeper_query::MAX_ALERTS), by rule and series. The others are not notified, and
    /// the status line says so.
    pub(crate) alerts: Arc<[Alert]>,
    /// Whether there are more.
    pub(crate) is_beyond_bound: bool,
}

impl Seen {
    /// How many of them fire.
    pub(crate) fn firing(&self) -> usize {
        self.alerts.iter().filter(|alert| alert.is_firing()).count()
    }
}

/// Fills the outbox.
pub(crate) struct Dispatcher {
    pub(crate) alerts: Arc<dyn AlertStore>,
    pub(crate) notifications: Arc<dyn NotificationStore>,
    pub(crate) silences: Arc<dyn SilenceStore>,
    pub(crate) settings: Reloadable<NotifierSettings>,
    /// Publishes the alerts of each round, if they differ from the previous ones.
    pub(crate) seen: watch::Sender<Arc<Seen>>,
}

impl Dispatcher {
    /// Plans and stores the notifications at `now`, then removes alerts that need no more notifications. Returns the
    /// number of new notifications.
    pub(crate) async fn round(&self, now: Timestamp) -> Result<usize, PortError> {
        let settings = self.settings.current();
        maintenance::begin(&settings.config.maintenance, &*self.silences, now).await?;
        for _ in 0..MAX_ATTEMPTS {
            // Groups first: if an alert changes after this, another planner's notification outdates the plan.
            // Otherwise an alert that has cleared since could meet a group that was notified of it and forgot it.
            let groups = self.notifications.groups().await?;
            let seen = self.look().await?;
            if self.notifications.waiting().await? >= MAX_WAITING {
                return Ok(0);
            }
            let silences = unended_silences(&*self.silences, now).await?.all;
            let decision = settings.planner.plan(now, &seen.alerts, &groups, &silences);
            let Decision { groups, removable } = decision;
            let (all, plan) = (groups.len(), write(&settings.outgoing, groups));
            let (is_whole, count) = (plan.groups.len() == all, plan.notifications.len());
            if plan != Plan::default() && self.notifications.plan(Arc::new(plan)).await? == Planned::Outdated
            {
                continue;
            }
            if is_whole && !removable.is_empty() {
                self.alerts.remove(&removable).await?;
            }
            return Ok(count);
        }
        Ok(0)
    }

    /// Reads the alerts, and publishes them if they have changed.
    async fn look(&self) -> Result<Arc<Seen>, PortError> {
        let FirstAlerts { alerts, more } = first_alerts(&*self.alerts).await?;
        let seen = Arc::new(Seen { alerts: alerts.into(), is_beyond_bound: more });
        self.seen.send_if_modified(|shown| {
            let is_news = **shown != *seen;
            *shown = Arc::clone(&seen);
            is_news
        });
        Ok(seen)
    }
}

fn write(outgoing: &Outgoing, groups: Vec<GroupPlan<'_>>) -> Plan {
    let mut plan = Plan::default();
    for GroupPlan { change, notice } in groups {
        if plan.notifications.len() >= MAX_PER_PLAN {
            break;
        }
        plan.groups.push(change);
        if let Some(notice) = notice {
            plan.notifications.push(outgoing.write(&notice));
            plan.about.push(about(&notice));
        }
    }
    plan
}

fn about(notice: &Notice<'_>) -> About {
    let alerts = notice.alerts.iter().take(MAX_ABOUT).map(|told| AlertKey::of(told.alert).id());
    About { notification: notice.id.clone(), alerts: alerts.collect() }
}

/// Fills the outbox until the role stops; `changed` is notified when alerts change, `planned` when there is something
/// to send.
pub(crate) async fn keep_dispatching(
    context: RoleContext,
    dispatcher: Dispatcher,
    changed: Arc<Notify>,
    planned: Arc<Notify>,
) -> RoleResult {
    let outbox = context.dependency("outbox");
    let heartbeat = context.heartbeat("dispatch");
    let mut rounds = Rounds::every(LOOK_EVERY, &context, &heartbeat);
    let round = async || {
        match heartbeat.waiting(outbox.name(), dispatcher.round(Timestamp::now())).await {
            Ok(0) => outbox.up(),
            Ok(notifications) => {
                outbox.up();
                tracing::info!(notifications, "notifications created");
                planned.notify_one();
            }
            Err(error) if error.failure() == Failure::Stop => return Err(error.into()),
            Err(error) => outbox.down(error),
        }
        Ok(())
    };
    while rounds.next_or_when(changed.notified(), Box::pin(round())).await? {}
    Ok(())
}

#[cfg(test)]
mod tests;
