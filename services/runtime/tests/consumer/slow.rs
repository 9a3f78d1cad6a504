//! A store that answers slowly.

use crate::keeper::Keeper;
use crate::stage::{Did, Stage, assigned, records};
use std::time::Duration;
use tokio::time::sleep;
use watchkeeper_runtime::MAX_BUSY;

const MINUTE: Duration = Duration::from_secs(60);
const _: () = assert!(MINUTE.as_secs() > 2 * MAX_BUSY.as_secs());

#[tokio::test(start_paused = true)]
async fn a_store_that_takes_a_minute_is_waited_for_and_named_and_is_no_hang() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..2)]);
    let role = stage.run(Keeper::hasty(&stage).taking(MINUTE));
    for (call, commits) in [(Did::Begin, 0), (Did::Store(vec![0, 1]), 1)] {
        stage.until(&call, 1).await;
        sleep(2 * MAX_BUSY).await;
        assert_eq!(role.status(), "waiting for shelf: no answer for 40 s; lag 7", "{call:?}");
        assert!(!role.context.roster().is_ready());
        assert_eq!(role.context.roster().hung(), [""; 0], "{call:?}");
        stage.until(&Did::Commit(vec![2]), commits).await;
    }
    role.context.roster().ready().await;
    role.stop().await.unwrap();
}
