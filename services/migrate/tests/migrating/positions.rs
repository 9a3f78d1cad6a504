//! Where consumers begin on the new bus.

use crate::contents::positions;
use crate::filled::{RECORDS, filled};
use crate::installation::{Installation, moved};
use watchkeeper_ports::{BatchBuilder, Topic};

#[tokio::test]
async fn each_begins_with_the_first_record_that_it_was_not_done_with() {
    let (here, there) = (filled().await, Installation::fresh());
    moved(&here.to(&there)).await;
    let ahead = RECORDS.1 - RECORDS.2;
    assert_eq!(positions(&there, &Topic::METRICS).await, [Some(ahead), None]);
    assert_eq!(positions(&there, &Topic::METRICS.dead_letters()).await, [None, Some(1)], "of two letters");
}

#[tokio::test]
async fn records_that_were_on_the_new_bus_before_are_not_left_out() {
    let (here, there) = (filled().await, Installation::fresh());
    let mut batch = BatchBuilder::default();
    batch.push(b"k", b"new");
    there.bus.publish(&Topic::METRICS, batch.finish()).await.unwrap();
    let report = moved(&here.to(&there)).await;
    assert_eq!(positions(&there, &Topic::METRICS).await, [None, None]);
    assert_eq!(report.total().missing, 0);
}
