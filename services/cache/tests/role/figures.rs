//! What the role counts.

use crate::stage::{Stage, aged, config, counted, counted_of};
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::BatchBuilder;
use watchkeeper_test_kit::soon;
use watchkeeper_wire::proto::cache::GetMetricRequest;
use watchkeeper_wire::sample::push_sample;

#[tokio::test]
async fn what_is_asked_and_put_is_counted_by_how_it_ended() {
    let stage = Stage::new();
    let minute = Duration::from_secs(60);
    stage.publish(&[aged("new", "a", 1.0, minute), aged("old", "a", 2.0, minute * 9)]).await;
    let role = stage.run(config());
    stage.bus.comes_to(2).await;
    let mut client = role.client().await;
    for (source, has_value) in [("new", Some(true)), ("old", Some(false)), ("none", Some(false)), ("", None)]
    {
        let request = GetMetricRequest { source: source.to_owned(), name: "n".to_owned() };
        let answer = soon(client.get_metric(request)).await;
        assert_eq!(answer.ok().map(|answer| answer.into_inner().metric.is_some()), has_value, "{source}");
    }
    let context = role.stop_well().await;
    let requests =
        |operation, status| counted_of(&context, "watchkeeper_cache_requests_total", &[operation, status]);
    assert_eq!(["hit", "miss", "error"].map(|status| requests("get", status)), ["1", "2", "1"]);
    assert_eq!(["success", "error"].map(|status| requests("set", status)), ["2", "0"]);
    let families = context.registry().gather();
    let seconds =
        families.iter().find(|family| family.name() == "watchkeeper_cache_operation_seconds").unwrap();
    let counts: Vec<_> = seconds
        .get_metric()
        .iter()
        .map(|metric| (metric.get_label()[0].value(), metric.get_histogram().get_sample_count()))
        .collect();
    let puts = counts[1].1;
    assert_eq!(counts, [("get", 4), ("set", puts)]);
    assert!((1..=2).contains(&puts), "once for each delivery that brought a sample, not {puts} times");
}

#[tokio::test]
async fn a_copy_is_counted_and_left_out_and_a_series_of_our_own_with_such_a_label_is_not() {
    let stage = Stage::new();
    let mut batch = BatchBuilder::default();
    let ours = aged("shop", "a", 1.0, Duration::ZERO);
    push_sample(&mut batch, &ours);
    let at = Timestamp::now();
    let labelled = |of: &str| {
        format!(
            r#"{{"source":"shop","name":"n","labels":{{"cached":"true","of":"{of}"}},"value":2,"CollectedAt":"{at}"}}"#
        )
    };
    batch.push(b"", labelled("copy").as_bytes());
    batch.push(br#"shop/n{cached="true",of="scraped"}"#, labelled("scraped").as_bytes());
    stage.publish_records(batch).await;
    let role = stage.run(config());
    stage.bus.comes_to(3).await;
    let context = role.stop_well().await;
    let cached = stage.cached().await;
    let of: Vec<_> = cached.iter().map(|(of, _)| of.as_str()).collect();
    assert_eq!(of, ["scraped", "a"]);
    assert_eq!(counted(&context, "watchkeeper_cache_copies_total"), "1");
}
