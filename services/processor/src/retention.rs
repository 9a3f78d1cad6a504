//! Prunes some events earlier than others.

use crate::config::{Keep, ProcessorConfig};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_persistence::Persistence;
use watchkeeper_ports::EventStore;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};

/// How often these events are pruned, the first time at the start.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);

/// Prunes what `[[processor.keep]]` names until the role stops. While the clock is not trusted, prunes only what was due
/// at the last trusted reading.
pub(crate) async fn keep_pruning(
    context: RoleContext,
    config: Reloadable<ProcessorConfig>,
    persistence: Persistence,
    store: Arc<dyn EventStore>,
) -> RoleResult {
    let heartbeat = context.heartbeat("prune some");
    let mut rounds = Rounds::every(PRUNE_EVERY, &context, &heartbeat);
    while rounds.next(prune(&config, &persistence, &*store)).await? {}
    Ok(())
}

async fn prune(
    config: &Reloadable<ProcessorConfig>,
    persistence: &Persistence,
    store: &dyn EventStore,
) -> Result<(), Stopped> {
    for Keep { service, up_to, duration } in &config.current().keep {
        let before = persistence.earliest(Timestamp::now()).await?.minus(*duration);
        let removed = store.prune_some(service.as_deref(), *up_to, before).await?;
        if removed > 0 {
            tracing::info!(removed, %before, service, "pruned events");
        }
    }
    Ok(())
}
