//! The exchange's answers, in their documented shape, and what becomes of each.

use super::metrics::PRICE_BUCKETS;
use super::target::{MAX_ANSWER_BYTES, TickersTarget};
use super::{MAX_TICKERS, Moex, MoexConfig};
use crate::sources::base_url::BaseUrl;
use crate::sources::scripted_api::{Answer, answer, padded};
use crate::target::{CollectError, Target as _, Timing};
use prometheus::Registry;
use prometheus::proto::{Bucket, Metric, MetricFamily};
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_http_client::{Access, Trust};
use watchkeeper_test_kit::Server;
use watchkeeper_test_kit::serve_slowly;

const QUOTES: &str =
    r#"{"marketdata":{"columns":["SECID","LAST"],"data":[["GAZP",null],["SBER",311.2],["SBERP",309]]}}"#;

fn config(base_url: BaseUrl) -> MoexConfig {
    MoexConfig {
        timing: Timing::new(Duration::from_secs(60), Duration::ZERO, Duration::from_secs(10)),
        tickers: ["SBERP", "SBER", "GAZP", "GONE"].map(|ticker| ticker.parse().unwrap()).into(),
        base_url,
        access: Access::default(),
    }
}

fn target(api: &Server) -> TickersTarget {
    open(&config(api.url.parse().unwrap()), &Registry::new())
}

fn open(config: &MoexConfig, registry: &Registry) -> TickersTarget {
    Moex::register(registry).unwrap().target(config)
}

/// What becomes of one answer.
async fn outcome(of: Answer) -> Result<Vec<Sample>, CollectError> {
    target(&Server::scripted([of]).await).collect().await
}

/// The series of a metric, by ticker.
fn metric<T>(registry: &Registry, name: &str, value: impl Fn(&Metric) -> T) -> Vec<(String, T)> {
    let families = registry.gather();
    let family: &MetricFamily = families.iter().find(|family| family.name() == name).unwrap();
    let of = |metric: &Metric| (metric.get_label()[0].value().to_owned(), value(metric));
    family.get_metric().iter().map(of).collect()
}

#[tokio::test]
async fn prices_become_samples_of_now_and_a_ticker_without_one_is_skipped() {
    let before = Timestamp::now();
    let samples = outcome(answer(200, &[], QUOTES)).await.unwrap();
    let shown: Vec<_> =
        samples.iter().map(|sample| format!("{} = {}", sample.series, sample.value)).collect();
    assert_eq!(
        shown,
        [r#"moex/last_price{ticker="SBERP"} RUB = 309"#, r#"moex/last_price{ticker="SBER"} RUB = 311.2"#]
    );
    assert!(samples.iter().all(|sample| sample.collected_at >= before));
}

#[tokio::test]
async fn the_whole_board_is_asked_for_at_once() {
    let api = Server::scripted([answer(200, &[], QUOTES)]).await;
    target(&api).collect().await.unwrap();
    let asked: Vec<_> = api.requests().into_iter().map(|asked| asked.target).collect();
    assert_eq!(
        asked,
        ["/iss/engines/stock/markets/shares/boards/TQBR/securities.json\
          ?iss.meta=off&iss.only=marketdata&marketdata.columns=SECID%2CLAST"]
    );
}

#[tokio::test]
async fn every_ticker_gets_its_price_however_many_there_are() {
    let tickers: Vec<String> = (0..MAX_TICKERS).map(|n| format!("T{n}")).collect();
    let rows: Vec<String> = tickers.iter().map(|ticker| format!(r#"["{ticker}",1.5]"#)).collect();
    let board = format!(r#"{{"marketdata":{{"columns":["SECID","LAST"],"data":[{}]}}}}"#, rows.join(","));
    let api = Server::scripted([answer(200, &[], board)]).await;
    let tickers = tickers.iter().map(|ticker| ticker.parse().unwrap()).collect();
    let config = MoexConfig { tickers, ..config(api.url.parse().unwrap()) };
    let mut target = open(&config, &Registry::new());
    assert_eq!(target.collect().await.unwrap().len(), MAX_TICKERS);
    assert_eq!(api.requests().len(), 1);
}

#[tokio::test]
async fn prices_are_counted_by_ticker_and_so_are_missing_ones() {
    let closed = QUOTES.replace("311.2", "\"\"");
    let api = Server::scripted([answer(200, &[], QUOTES), answer(200, &[], closed)]).await;
    let registry = Registry::new();
    let mut target = open(&config(api.url.parse().unwrap()), &registry);
    let missing = || {
        let name = "watchkeeper_collector_moex_missing_prices_total";
        metric(&registry, name, |metric| metric.get_counter().get_value())
    };
    let counts = |gazp, gone, sber, sberp| {
        let counts = [("GAZP", gazp), ("GONE", gone), ("SBER", sber), ("SBERP", sberp)];
        counts.map(|(ticker, count)| (ticker.to_owned(), count)).to_vec()
    };
    assert_eq!(missing(), counts(0.0, 0.0, 0.0, 0.0));
    target.collect().await.unwrap();
    target.collect().await.unwrap();
    assert_eq!(missing(), counts(2.0, 2.0, 1.0, 0.0));
    let prices = metric(&registry, "watchkeeper_collector_moex_price", |metric| {
        let histogram = metric.get_histogram();
        let below = |bound: f64| {
            let lower = histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound() <= bound);
            lower.map(Bucket::cumulative_count).max().unwrap()
        };
        (histogram.get_sample_count(), histogram.get_sample_sum(), below(200.0), below(500.0))
    });
    assert_eq!(prices[2], ("SBER".to_owned(), (1, 311.2, 0, 1)));
    assert_eq!(prices[3], ("SBERP".to_owned(), (2, 618.0, 0, 2)));
}

#[test]
fn a_bucket_holds_prices_within_a_factor_of_two_and_a_half() {
    assert!(PRICE_BUCKETS.windows(2).all(|pair| pair[0] < pair[1] && pair[1] <= pair[0] * 2.5 + 1e-9));
}

#[tokio::test]
async fn each_failure_is_of_its_kind() {
    let retry = [("retry-after", "60")];
    for (failure, expected) in [
        (answer(200, &[], &QUOTES[..50]), "unexpected answer: 127.0.0.1 answered with unexpected JSON"),
        (
            answer(200, &[], "<html>maintenance</html>"),
            "unexpected answer: 127.0.0.1 answered with unexpected JSON",
        ),
        (
            answer(200, &[], QUOTES.replace("LAST", "LATEST")),
            "unexpected answer: the answer has no column LAST",
        ),
        (
            answer(302, &[("location", "https://passport.moex.com/login")], ""),
            "unexpected answer: 127.0.0.1 answered 302 Found and redirects to https://passport.moex.com",
        ),
        (answer(401, &[], ""), "refused: 127.0.0.1 answered 401"),
        (answer(403, &[], ""), "refused: 127.0.0.1 answered 403"),
        (answer(404, &[], ""), "unexpected answer: 127.0.0.1 answered 404"),
        (answer(429, &retry, ""), "refused: 127.0.0.1 answered 429"),
        (answer(500, &[], ""), "not reachable: 127.0.0.1 answered 500"),
        (answer(503, &[], ""), "not reachable: 127.0.0.1 answered 503"),
    ] {
        let error = outcome(failure).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_counts_no_price_as_missing() {
    let api = Server::scripted([answer(500, &[], ""), answer(200, &[], "{}")]).await;
    let registry = Registry::new();
    let mut target = open(&config(api.url.parse().unwrap()), &registry);
    for _ in 0..2 {
        target.collect().await.unwrap_err();
    }
    let name = "watchkeeper_collector_moex_missing_prices_total";
    let missing = metric(&registry, name, |metric| metric.get_counter().get_value());
    assert!(missing.iter().all(|(_, count)| *count == 0.0), "{missing:?}");
}

#[tokio::test]
async fn an_answer_past_the_bound_is_refused_and_one_up_to_it_is_read() {
    assert_eq!(outcome(answer(200, &[], padded(QUOTES, MAX_ANSWER_BYTES))).await.unwrap().len(), 2);
    let error = outcome(answer(200, &[], padded(QUOTES, MAX_ANSWER_BYTES + 1))).await.unwrap_err();
    assert!(error.to_string().contains("more than 262144 bytes"), "{error}");
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up() {
    let base_url = serve_slowly("{\"marketdata\":").await.parse().unwrap();
    let timing = Timing::new(Duration::from_secs(60), Duration::ZERO, Timing::MIN_TIMEOUT);
    let mut target = open(&MoexConfig { timing, ..config(base_url) }, &Registry::new());
    assert_eq!(target.collect().await.unwrap_err(), CollectError::TimedOut(Timing::MIN_TIMEOUT));
}

#[tokio::test]
async fn configured_headers_are_sent_and_a_ca_file_is_used() {
    let api = Server::scripted([answer(200, &[], QUOTES)]).await;
    let headers = [("X-Team".to_owned(), "ops".to_owned())].into();
    let access = Access { headers, ..Access::default() };
    let config = MoexConfig { access, ..config(api.url.parse().unwrap()) };
    open(&config, &Registry::new()).collect().await.unwrap();
    assert_eq!(api.requests()[0].header("x-team"), Some("ops"));

    let access = Access { trust: Trust::File("/no/such/ca.pem".into()), ..Access::default() };
    let config = MoexConfig { access, ..config };
    let error = open(&config, &Registry::new()).collect().await.unwrap_err().to_string();
    assert!(error.starts_with("not reachable: cannot use ca_file /no/such/ca.pem: "), "{error}");
}
