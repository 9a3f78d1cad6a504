//! What goes the way of a sample, and of an alert, is shown.

use crate::examples::{alert, notification, silence, waiting};
use crate::markup::assert_sound;
use crate::visit::{get, pages, sample};
use std::sync::Arc;
use watchkeeper_domain::{Sample, Severity, Timestamp};
use watchkeeper_ports::{
    BatchBuilder, EventBus as _, NotificationStore as _, Plan, SilenceStore as _, Topic,
};
use watchkeeper_runtime::RoleContext;
use watchkeeper_test_kit::{World, letter};

#[tokio::test]
async fn what_the_back_end_keeps_is_shown() {
    let world = World::new();
    let minutes = 1..=20_u32;
    let samples = minutes
        .map(|minute| sample("host/cpu percent", &[("cpu", "0")], f64::from(minute), u64::from(minute) * 60));
    let samples: Vec<Sample> = samples.collect();
    world.publish_samples(&samples).await;
    world.cache(&samples).await;
    world.store(&samples).await;
    let router = pages(RoleContext::detached("console"), &world, Arc::default());

    let page = get(&router, "/explore").await;
    assert_sound(&page.body);
    page.assert_has("1.0 %</data>");
    page.assert_has("min 1.0 %, avg 10.5 %, max 20.0 %</title>");
    let page = get(&router, "/system").await;
    assert_sound(&page.body);
    page.assert_has("0 <span class=\"muted\">of 20</span>");
    page.assert_has("Operational");

    let mut batch = BatchBuilder::default();
    letter("value: must be a number, is a string", b"{}").push(&mut batch);
    world.bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
    let page = get(&router, "/system").await;
    page.assert_has("Degraded: 1 dead letter");
    page.assert_has("metrics.dead-0-0</th>");

    let page = get(&router, "/series?source=host&name=cpu&unit=percent&label.cpu=0").await;
    assert_sound(&page.body);
    page.assert_has(r#"data-title="95th percentile">19.0 %</td>"#);
    page.assert_has(r#"data-title="Samples">20</td>"#);
}

#[tokio::test]
async fn what_fires_and_who_was_told_is_shown() {
    let world = World::new();
    world.fire(&[alert("site_down", "shop", Severity::Critical, 300)]).await;
    world.silences.put(&silence("works", "target=shop", Timestamp::now())).await.unwrap();
    let told = notification("shop is down", 9_000, waiting("refused"));
    let plan = Plan { notifications: vec![told], ..Plan::default() };
    world.notifications.plan(Arc::new(plan)).await.unwrap();

    let page = get(&pages(RoleContext::detached("console"), &world, Arc::default()), "/alerts").await;
    assert_sound(&page.body);
    page.assert_has("1 alert firing (1 critical), 1 notification pending for 2 h");
    page.assert_has("#silence-1\">Silenced</a>");
    page.assert_has("shop is down");
}
