//! A group whose members do not all store in the same place. On this bus it has committed up to offset 3.

use crate::keeper::Keeper;
use crate::stage::Stage;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use watchkeeper_ports::{Group, Offset, PortError, PositionStore, StoredPosition, TopicId, TopicPartition};

/// A store that has everything up to this offset.
struct StoredUpTo(Offset);

#[async_trait]
impl PositionStore for StoredUpTo {
    async fn position(
        &self,
        _: &Group,
        _: &TopicPartition,
        _: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        Ok(StoredPosition::At(self.0))
    }
}

/// What is said of a consumer with this store after that long.
async fn status(store: StoredUpTo, after: Duration) -> (String, f64) {
    let stage = Stage::new();
    let role = stage.run_storing(Keeper::patient(&stage), Some(Arc::new(store)));
    sleep(after).await;
    let said = (role.status(), role.metric("watchkeeper_consumer_partitions_stored_elsewhere"));
    role.stop().await.unwrap();
    said
}

#[tokio::test(start_paused = true)]
async fn a_group_that_two_stores_share_is_told_at_the_second_look() {
    let first_look = Duration::from_secs(1);
    assert!(!status(StoredUpTo(2), first_look).await.0.contains("group"));
    let (said, partitions) = status(StoredUpTo(2), first_look + Duration::from_secs(30)).await;
    assert_eq!(
        said,
        "waiting for group: group keepers has committed metrics/0 up to offset 3, but this store is at 2: \
         another consumer with its own store is in the group. Configure a different prefix for one of them; lag 7"
    );
    assert!((partitions - 1.0).abs() < f64::EPSILON);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_has_all_that_was_committed_is_the_only_one() {
    for stored in [3, 9] {
        let (said, partitions) = status(StoredUpTo(stored), Duration::from_secs(100)).await;
        assert!(!said.contains("group") && partitions == 0.0, "{said}");
    }
}
