//! Series, latest and newest samples over HTTP.

use crate::platform::{Platform, at, sample};
use serde_json::Value;
use std::collections::BTreeSet;
use watchkeeper_domain::Sample;

/// One sample of each of `count` series.
fn series(count: usize) -> Vec<Sample> {
    (0..count).map(|index| sample("host", "load", &format!("h{index:04}"), &at("10:00:00"), 1.0)).collect()
}

/// The hosts of all pages, and how many pages there were.
async fn follow(platform: &Platform, path: &str, items: &str) -> (Vec<String>, usize) {
    let (mut hosts, mut pages, mut next) = (Vec::new(), 0, Some(path.to_owned()));
    while let Some(path_of_page) = next {
        let page = platform.answer(&path_of_page).await;
        let items = page[items].as_array().unwrap();
        hosts.extend(items.iter().map(|item| item["labels"]["host"].as_str().unwrap().to_owned()));
        next = page["next_page"].as_str().map(|cursor| format!("{path}&page={cursor}"));
        pages += 1;
    }
    (hosts, pages)
}

fn assert_each_once(hosts: &[String], count: usize) {
    let unique: BTreeSet<_> = hosts.iter().collect();
    assert_eq!((hosts.len(), unique.len()), (count, count));
    assert!(hosts.is_sorted());
}

#[tokio::test]
async fn paging_to_the_end_gives_every_series_once() {
    let platform = Platform::start().await;
    platform.store(&series(20)).await;
    for (path, items) in [("/v1/series?limit=7", "series"), ("/v1/latest?limit=7", "samples")] {
        let (hosts, pages) = follow(&platform, path, items).await;
        assert_each_once(&hosts, 20);
        assert_eq!(pages, 3, "{path}");
    }
    let (_, pages) = follow(&platform, "/v1/series?limit=10", "series").await;
    assert_eq!(pages, 2, "a full last page is known to be the last");
    let (_, pages) = follow(&platform, "/v1/latest?limit=10", "samples").await;
    assert_eq!(pages, 2, "a full last page is known to be the last");
}

#[tokio::test]
async fn all_pages_of_the_latest_samples_come_from_where_the_first_did() {
    let platform = Platform::start().await;
    let series = series(9);
    platform.store(&series).await;
    let first = platform.answer("/v1/latest?limit=3").await;
    platform.cache(&series[8..]).await;
    let page = first["next_page"].as_str().unwrap();
    let second = platform.answer(&format!("/v1/latest?limit=100&page={page}")).await;
    assert_eq!(
        second["samples"].as_array().unwrap().len(),
        6,
        "the store goes on, though the cache has one now"
    );
}

#[tokio::test]
async fn the_latest_samples_come_from_the_cache_and_else_from_the_store() {
    let platform = Platform::start().await;
    let old = sample("host", "load", "a", &at("10:00:00"), 1.0);
    let new = sample("host", "load", "a", &at("11:00:00"), 2.0);
    platform.store(&[old, sample("host", "uptime", "a", &at("10:00:00"), 3.0)]).await;
    platform.cache(&[new]).await;
    let values = async |path: &str| -> Vec<f64> {
        let answer = platform.answer(path).await;
        answer["samples"].as_array().unwrap().iter().map(|sample| sample["value"].as_f64().unwrap()).collect()
    };
    assert_eq!(values("/v1/latest").await, [2.0]);
    assert_eq!(values("/v1/latest?name=uptime").await, [3.0]);
    assert!(values("/v1/latest?name=nothing").await.is_empty());
}

#[tokio::test]
async fn the_newest_samples_come_newest_first() {
    let platform = Platform::start().await;
    let samples = (0..30)
        .map(|minute| sample("host", "load", "a", &at(&format!("10:{minute:02}:00")), f64::from(minute)));
    platform.store(&samples.collect::<Vec<_>>()).await;
    let values = async |path: &str| -> Vec<f64> {
        let answer = platform.answer(path).await;
        answer["samples"].as_array().unwrap().iter().map(|sample| sample["value"].as_f64().unwrap()).collect()
    };
    assert_eq!(values("/v1/samples?last=3").await, [29.0, 28.0, 27.0]);
    assert_eq!(values("/v1/samples").await.len(), 20);
    assert_eq!(values("/v1/samples?last=10000").await.len(), 30);
}

#[tokio::test]
async fn a_filter_chooses_by_source_name_and_every_label() {
    let platform = Platform::start().await;
    platform
        .store(&[
            sample("host", "load", "a", &at("10:00:00"), 1.0),
            sample("host", "load", "b", &at("10:00:00"), 2.0),
            sample("edge", "load", "a", &at("10:00:00"), 3.0),
        ])
        .await;
    let found = async |query: &str| {
        platform.answer(&format!("/v1/series?{query}")).await["series"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(found("").await, 3);
    assert_eq!(found("source=host").await, 2);
    assert_eq!(found("label.host=a").await, 2);
    assert_eq!(found("source=host&name=load&label.host=a").await, 1);
    assert_eq!(found("label.host=a&label.cpu=0").await, 0);
}

#[tokio::test]
async fn each_parameter_is_refused_past_its_limit_by_name() {
    let platform = Platform::start().await;
    let long = "x".repeat(201);
    let labels = (0..33).map(|index| format!("label.l{index}=x")).collect::<Vec<_>>().join("&");
    let many = (0..65).map(|index| format!("x{index}=x")).collect::<Vec<_>>().join("&");
    for (path, refusal) in [
        ("/v1/series?limit=0".to_owned(), "limit: must be from 1 to 1000, is 0"),
        ("/v1/series?limit=1001".to_owned(), "limit: must be from 1 to 1000, is 1001"),
        ("/v1/latest?limit=ten".to_owned(), "limit: must be a whole number from 1 to 1000, is \"ten\""),
        ("/v1/latest?page=2".to_owned(), "page: must be the token that the previous page returned"),
        ("/v1/samples?last=10001".to_owned(), "last: must be from 1 to 10000, is 10001"),
        (format!("/v1/series?source={}", &long[..65]), "source: has 65 bytes, the limit is 64"),
        (format!("/v1/series?name={long}"), "name: has 201 bytes, the limit is 200"),
        (format!("/v1/stream?{labels}"), "label: has 33 labels, the limit is 32"),
        (format!("/v1/series?{many}"), "query: has 65 parameters, the limit is 64"),
        ("/v1/series?name=a&name=b".to_owned(), "name: is given twice"),
        (
            "/v1/samples?limit=5".to_owned(),
            "limit: unknown parameter; this path accepts source, name, label.KEY, last",
        ),
        ("/v1/status?verbose=1".to_owned(), "verbose: unknown parameter; this path accepts none"),
        ("/openapi.json?x".to_owned(), "x: unknown parameter; this path accepts none"),
    ] {
        assert_eq!(platform.refusal(&path).await, refusal);
    }
}

#[tokio::test]
async fn as_many_as_the_limit_are_answered() {
    let platform = Platform::start().await;
    platform.store(&series(1_001)).await;
    let page: Value = platform.answer("/v1/series?limit=1000").await;
    assert_eq!(page["series"].as_array().unwrap().len(), 1_000);
    assert!(page["next_page"].is_string());
    let page = platform.answer("/v1/series").await;
    assert_eq!(page["series"].as_array().unwrap().len(), 100);
}
