//! Range queries over HTTP.

use crate::platform::{Platform, at, sample};
use serde_json::json;
use watchkeeper_api::ApiConfig;
use watchkeeper_domain::Timestamp;

#[tokio::test]
async fn each_aggregate_makes_one_value_of_a_window() {
    let platform = Platform::start().await;
    let values =
        [("10:00:10", 3.0), ("10:00:20", -1.0), ("10:00:30", 4.0), ("10:00:59", 2.0), ("10:02:00", 7.0)];
    platform.store(&values.map(|(time, value)| sample("host", "load", "a", &at(time), value))).await;
    let path = format!("/v1/range?name=load&from={}&to={}&step=1m", at("10:00:00"), at("10:03:00"));
    for (aggregate, first) in
        [("avg", 2.0), ("min", -1.0), ("max", 4.0), ("sum", 8.0), ("count", 4.0), ("last", 2.0), ("p95", 4.0)]
    {
        let answer = platform.answer(&format!("{path}&aggregate={aggregate}")).await;
        let second = if aggregate == "count" { 1.0 } else { 7.0 };
        let expected = json!({
            "from": at("10:00:00"),
            "to": at("10:03:00"),
            "step": "60s",
            "aggregate": aggregate,
            "series": [{
                "source": "host",
                "name": "load",
                "labels": { "host": "a" },
                "points": [[at("10:00:00"), first], [at("10:02:00"), second]],
            }],
        });
        assert_eq!(answer, expected);
    }
}

#[tokio::test]
async fn a_range_is_the_last_hour_in_fifteen_seconds_unless_it_says_otherwise() {
    let platform = Platform::start().await;
    let answer = platform.answer("/v1/range").await;
    let read = |field: &str| answer[field].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(read("to").since(read("from")).as_secs(), 3_600);
    assert_eq!((&answer["step"], &answer["aggregate"]), (&json!("15s"), &json!("avg")));
    let answer = platform.answer(&format!("/v1/range?from={}&to={}", at("00:00:00"), at("06:00:00"))).await;
    assert_eq!(answer["step"], "120s");
}

#[tokio::test]
async fn windows_are_aligned_to_utc_whatever_the_offset_of_the_question() {
    let platform = Platform::start().await;
    platform.store(&[sample("host", "load", "a", &at("09:50:00"), 1.0)]).await;
    let answer = platform
        .answer("/v1/range?from=2026-01-20T12:40:00%2B03:00&to=2026-01-20T13:00:00%2B03:00&step=1h")
        .await;
    assert_eq!(answer["from"], at("09:40:00"));
    assert_eq!(answer["series"][0]["points"][0][0], at("09:00:00"));
}

#[tokio::test]
async fn an_answer_that_is_cut_says_what_the_limit_is() {
    let platform = Platform::with(ApiConfig { range_series: 2, ..ApiConfig::default() }).await;
    let of = |host: &str| sample("host", "load", host, &at("10:00:00"), 1.0);
    let path = format!("/v1/range?from={}&to={}", at("10:00:00"), at("11:00:00"));
    platform.store(&[of("a"), of("b")]).await;
    let answer = platform.answer(&path).await;
    assert_eq!((answer["series"].as_array().unwrap().len(), answer.get("series_limit")), (2, None));
    platform.store(&[of("c")]).await;
    let answer = platform.answer(&path).await;
    assert_eq!((answer["series"].as_array().unwrap().len(), &answer["series_limit"]), (2, &json!(2)));
}

#[tokio::test]
async fn a_range_that_makes_no_sense_is_refused_by_name() {
    let platform = Platform::start().await;
    for (query, refusal) in [
        ("from=1h&to=2h", "from: must be before to"),
        (
            "from=2026-01-20T00:00:00Z&to=2026-01-21T00:00:00Z&step=1s",
            "step: gives 86400 windows, the limit is 11000: use a longer step",
        ),
        ("step=0s", "step: must be a whole number of seconds, 1s or more"),
        ("step=5", "step: needs a unit: write \"5s\" for seconds, or ms, m, h, d"),
        ("aggregate=median", "aggregate: must be one of avg, min, max, sum, count, last, p95, is \"median\""),
    ] {
        assert_eq!(platform.refusal(&format!("/v1/range?{query}")).await, refusal);
    }
    let refused = platform.refusal("/v1/range?from=yesterday").await;
    assert!(refused.starts_with("from: must be an RFC 3339 time"), "{refused}");
}
