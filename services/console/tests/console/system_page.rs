//! The page at `/system`, and what every page says about a port that does not answer.

use crate::markup::assert_sound;
use crate::visit::{console, console_of, get, page, sample, world};
use crate::world::{Mood, World};
use std::time::Duration;
use watchkeeper_ports::{Lag, Topic, TopicPartition};
use watchkeeper_runtime::RoleContext;

#[tokio::test]
async fn a_role_that_waits_is_named_with_the_reason() {
    let context = RoleContext::detached("persister");
    let store = context.dependency("store");
    store.down("connection refused");
    let router = console_of(context, World::default()).await;
    let page = get(&router, "/system").await;
    page.assert_has("Waiting for store");
    page.assert_has("waiting for store: connection refused");
    store.up();
    get(&router, "/system").await.assert_has("Operational");
}

#[tokio::test]
async fn the_lag_of_each_group_is_shown_over_all_partitions() {
    let lag = |partition, committed| Lag {
        partition: TopicPartition::new(Topic::METRICS, partition),
        low: 0,
        committed,
        high: 2_000,
    };
    let mut world = World::default();
    world.lags.insert("persister", vec![lag(0, 500), lag(1, 2_000)]);
    let page = page(world, "/system").await;
    page.assert_has("<th scope=\"row\">persister</th>\n<td>metrics</td>");
    page.assert_has("1,500</td>");
    page.assert_has("2,500 <span class=\"muted\">of 4,000</span>");
    page.assert_has("<th scope=\"row\">cache</th>");
}

#[tokio::test]
async fn a_port_that_refuses_leaves_a_remark_and_the_rest() {
    let one = [sample("host/load", &[], 1.5, 3)];
    let answer = page(World { store: Mood::Refuses, ..world(one.clone()) }, "/explore").await;
    assert_sound(&answer.body);
    answer.assert_has("Last hour not shown: store unavailable");
    answer.assert_has("1.5</data>");
    page(World { cache: Mood::Refuses, ..world(one) }, "/explore").await.assert_has("1.5</data>");
    let both = || World { bus: Mood::Refuses, cache: Mood::Refuses, ..World::default() };
    for path in ["/", "/system"] {
        let answer = page(both(), path).await;
        assert_sound(&answer.body);
        answer.assert_has("Degraded: no answer from bus and cache");
    }
    page(both(), "/system").await.assert_has("Not shown: bus unavailable: &#60;b&#62;refused&#60;/b&#62;");
}

#[tokio::test(start_paused = true)]
async fn a_port_that_is_silent_does_not_keep_the_page() {
    let silent =
        World { cache: Mood::IsSilent, store: Mood::IsSilent, bus: Mood::IsSilent, ..World::default() };
    let router = console(silent).await;
    for (path, remark) in
        [("/explore", "no answer from store within 3 s"), ("/system", "no answer from bus within 3 s")]
    {
        let page = tokio::time::timeout(Duration::from_secs(30), get(&router, path)).await.unwrap();
        page.assert_has(&format!("Not shown: {remark}"));
    }
}
