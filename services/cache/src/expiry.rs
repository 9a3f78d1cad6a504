//! Forgetting values whose time has passed, in a cache that does not do so by itself.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::LatestCache;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds};

/// How often expired values are looked for; readers never see them in between.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Sweeps the cache again and again until the role is asked to stop.
pub(crate) async fn keep_sweeping(context: RoleContext, cache: Arc<dyn LatestCache>) -> RoleResult {
    let heartbeat = context.heartbeat("sweep");
    let mut rounds = Rounds::every(SWEEP_EVERY, &context, &heartbeat);
    while rounds.next(async { Ok(cache.sweep(Timestamp::now()).await?) }).await? {}
    Ok(())
}
