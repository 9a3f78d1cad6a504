//! The collector of the previous platform, against this cache.
//!
//! Before it measures, it asks the cache. What it gets it publishes once more, with the present time and the label
//! `cached="true"`, and does not measure. A cache that gave that back would keep it from ever measuring again.

use crate::stage::{Stage, counted};
use std::collections::BTreeMap;
use std::time::Duration;
use tonic::transport::Channel;
use watchkeeper_cache::CacheConfig;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{BatchBuilder, TtlPolicy};
use watchkeeper_test_kit::soon;
use watchkeeper_wire::proto::cache::cache_service_client::CacheServiceClient;
use watchkeeper_wire::proto::cache::{GetMetricRequest, Metric};

const MINUTE: Duration = Duration::from_secs(60);
/// Rounds of the collector, one a minute.
const ROUNDS: u32 = 60;

/// What it collects: source, name, and a label.
const COLLECTED: [(&str, &str, (&str, &str)); 3] = [
    ("UptimeChecker", "availability_percent", ("site", "example.org")),
    ("GitHub", "stargazers_count", ("repository", "golang/go")),
    ("OpenWeatherMap", "temperature_celsius", ("city", "Moscow")),
];

/// One round at `now`: the values that were published, as they are, and which sources were measured for them.
async fn round(
    client: &mut CacheServiceClient<Channel>,
    now: Timestamp,
) -> (BatchBuilder, Vec<&'static str>) {
    let (mut published, mut measured) = (BatchBuilder::default(), Vec::new());
    for (source, name, (label, value)) in COLLECTED {
        let request = GetMetricRequest { source: source.to_owned(), name: name.to_owned() };
        let cached = soon(client.get_metric(request)).await.unwrap().into_inner().metric;
        let metric = if let Some(mut metric) = cached {
            metric.labels.insert("cached".to_owned(), "true".to_owned());
            metric
        } else {
            measured.push(source);
            let labels = [(label.to_owned(), value.to_owned())].into();
            Metric { source: source.to_owned(), name: name.to_owned(), labels, ..Metric::default() }
        };
        // The record of its publisher: no key, and JSON as Go writes it.
        let labels = serde_json::to_string(&BTreeMap::from_iter(metric.labels)).unwrap();
        let record = format!(
            r#"{{"ID":0,"Source":"{}","Name":"{}","Value":{},"Labels":{labels},"CollectedAt":"{now}"}}"#,
            metric.source, metric.name, metric.value
        );
        published.push(b"", record.as_bytes());
    }
    (published, measured)
}

#[tokio::test]
async fn it_measures_every_source_as_often_as_it_did_with_its_own_cache() {
    let stage = Stage::new();
    // Whatever our own lifetimes are.
    let ttl = TtlPolicy { default: 24 * 60 * MINUTE, by_source: BTreeMap::new() };
    let role = stage.run(CacheConfig { ttl });
    let mut client = role.client().await;
    let begin = Timestamp::now().minus(ROUNDS * MINUTE);
    let (mut measured_in, mut records) = (BTreeMap::<_, Vec<u32>>::new(), 0);
    for minute in 0..ROUNDS {
        let now = begin.plus(minute * MINUTE);
        role.clock.send_replace(now);
        let (published, measured) = round(&mut client, now).await;
        for source in measured {
            measured_in.entry(source).or_default().push(minute);
        }
        stage.publish_records(published).await;
        records += u64::try_from(COLLECTED.len()).unwrap();
        stage.bus.comes_to(records).await;
    }
    let measured_every = |source| {
        let minutes = &measured_in[source];
        let gaps: Vec<_> = minutes.windows(2).map(|pair| pair[1] - pair[0]).collect();
        (*gaps.iter().min().unwrap(), *gaps.iter().max().unwrap(), minutes.len())
    };
    assert_eq!(measured_every("UptimeChecker"), (1, 1, 60));
    assert_eq!(measured_every("OpenWeatherMap"), (5, 5, 12));
    assert_eq!(measured_every("GitHub"), (10, 10, 6));
    let measured: usize = measured_in.values().map(Vec::len).sum();
    let copies = records - u64::try_from(measured).unwrap();
    assert_eq!(counted(&role.stop_well().await, "watchkeeper_cache_copies_total"), copies.to_string());
}
