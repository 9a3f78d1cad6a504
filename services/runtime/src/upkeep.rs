//! What is done now and then, beside a role's own work.

use crate::context::{RoleContext, RoleResult};
use std::future::Future;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Does `work` at once, and then again `every` so often, until the role is asked to stop: what is under way then is
/// dropped.
pub async fn now_and_then<F: Future<Output = ()>>(
    context: &RoleContext,
    every: Duration,
    mut work: impl FnMut() -> F,
) -> RoleResult {
    let mut due = interval(every);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let repeating = async {
        loop {
            due.tick().await;
            work().await;
        }
    };
    tokio::select! {
        biased;
        () = context.shutdown().cancelled() => Ok(()),
        never = repeating => never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::time::Instant;

    const EVERY: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn work_is_done_at_once_and_again_after_each_interval() {
        let (context, begun, mut done) = (RoleContext::detached("role"), Instant::now(), Vec::new());
        let result = now_and_then(&context, EVERY, || {
            done.push(begun.elapsed());
            if done.len() == 3 {
                context.shutdown().cancel();
            }
            std::future::ready(())
        });
        result.await.unwrap();
        assert_eq!(done, [Duration::ZERO, EVERY, EVERY * 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_does_not_wait_for_work_that_is_under_way() {
        let context = RoleContext::detached("role");
        let result = now_and_then(&context, EVERY, || {
            context.shutdown().cancel();
            pending()
        });
        result.await.unwrap();
    }
}
