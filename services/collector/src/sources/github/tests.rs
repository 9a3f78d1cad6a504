//! GitHub's answers, in their documented shape, and what becomes of each.

use super::target::{MAX_ANSWER_BYTES, RepositoryTarget};
use super::{Github, GithubConfig};
use crate::sources::base_url::BaseUrl;
use crate::sources::hold::{BAD_CREDENTIAL_WAIT, QUOTA_WAIT};
use crate::sources::scripted_api::{Answer, answer, asks_to_wait, padded};
use crate::target::{CollectError, Target as _, Timing};
use prometheus::Registry;
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_http_client::{Access, Trust};
use watchkeeper_test_kit::Server;
use watchkeeper_test_kit::serve_slowly;

const MINUTE: Duration = Duration::from_secs(60);
const TOKEN: &str = "github_pat_hunter2";

fn counts(stars: u64) -> String {
    format!(
        r#"{{"id":23096959,"full_name":"golang/go","private":false,"owner":{{"login":"golang","id":4314092}},
        "forks":18000,"watchers":{stars},"stargazers_count":{stars},"watchers_count":{stars},
        "forks_count":18000,"open_issues_count":9500,"subscribers_count":3300,"license":null}}"#
    )
}

fn complaint(message: &str) -> String {
    format!(r#"{{"message":"{message}","documentation_url":"https://docs.github.com/rest","status":"403"}}"#)
}

fn config(base_url: BaseUrl, repositories: &[&str]) -> GithubConfig {
    GithubConfig {
        timing: Timing::new(5 * MINUTE, Duration::ZERO, Duration::from_secs(10)),
        repositories: repositories.iter().map(|name| name.parse().unwrap()).collect(),
        token: Some(TOKEN.to_owned().into()),
        base_url,
        access: Access::default(),
    }
}

/// The targets of two repositories that share a quota.
fn targets(api: &Server) -> [RepositoryTarget; 2] {
    let config = config(api.url.parse().unwrap(), &["golang/go", "rust-lang/rust"]);
    open(&config, &Registry::new()).try_into().ok().unwrap()
}

fn open(config: &GithubConfig, registry: &Registry) -> Vec<RepositoryTarget> {
    let mut source = Github::register(registry).unwrap();
    config.of_each().map(|(config, repository)| source.target(&config, &repository, false)).collect()
}

/// What becomes of one answer.
async fn outcome(of: Answer) -> Result<Vec<Sample>, CollectError> {
    targets(&Server::scripted([of]).await)[0].collect().await
}

fn shown(samples: &[Sample]) -> Vec<String> {
    samples.iter().map(|sample| format!("{} = {}", sample.series, sample.value)).collect()
}

/// In seconds since 1970.
fn in_a_while(wait: Duration) -> String {
    (Timestamp::now().plus(wait).as_micros() / 1_000_000).to_string()
}

#[tokio::test]
async fn the_counts_of_a_repository_become_samples_of_now() {
    let before = Timestamp::now();
    let api = Server::scripted([answer(200, &[], counts(125_000))]).await;
    let samples = targets(&api)[0].collect().await.unwrap();
    assert_eq!(
        shown(&samples),
        [
            r#"github/stargazers_count{repository="golang/go"} stars = 125000"#,
            r#"github/forks_count{repository="golang/go"} forks = 18000"#,
            r#"github/open_issues_count{repository="golang/go"} issues = 9500"#,
            r#"github/subscribers_count{repository="golang/go"} watchers = 3300"#,
        ]
    );
    assert!(samples.iter().all(|sample| sample.collected_at >= before));
}

#[tokio::test]
async fn a_request_says_what_it_wants_and_who_asks() {
    let api = Server::scripted([answer(200, &[], counts(1)), answer(200, &[], counts(1))]).await;
    targets(&api)[0].collect().await.unwrap();
    let without_token = GithubConfig { token: None, ..config(api.url.parse().unwrap(), &["golang/go"]) };
    open(&without_token, &Registry::new())[0].collect().await.unwrap();

    let [first, second] = api.requests().try_into().unwrap();
    assert_eq!(first.target, "/repos/golang/go");
    assert_eq!(first.header("accept"), Some("application/vnd.github+json"));
    assert_eq!(first.header("x-github-api-version"), Some("2022-11-28"));
    assert!(first.header("user-agent").unwrap().starts_with("watchkeeper/"));
    assert_eq!(first.header("authorization"), Some("Bearer github_pat_hunter2"));
    assert_eq!(second.header("authorization"), None);
}

#[tokio::test]
async fn an_answer_that_has_not_changed_gives_the_same_values_as_of_now() {
    let etag = r#"W/"3c4f""#;
    let api = Server::scripted([
        answer(200, &[("etag", etag)], counts(7)),
        answer(304, &[("etag", etag)], ""),
        answer(200, &[("etag", r#""new""#)], counts(8)),
        answer(304, &[], ""),
    ])
    .await;
    let [mut target, _] = targets(&api);
    let mut collections = Vec::new();
    for _ in 0..4 {
        collections.push(target.collect().await.unwrap());
    }
    let stars: Vec<f64> = collections.iter().map(|samples| samples[0].value).collect();
    assert_eq!(stars, [7.0, 7.0, 8.0, 8.0]);
    assert_eq!(shown(&collections[0]), shown(&collections[1]));
    assert!(collections.is_sorted_by(|a, b| a[0].collected_at < b[0].collected_at));
    let asked = api.requests();
    let named: Vec<_> = asked.iter().map(|asked| asked.header("if-none-match")).collect();
    assert_eq!(named, [None, Some(etag), Some(etag), Some(r#""new""#)]);
}

#[tokio::test]
async fn when_the_quota_is_used_up_no_repository_is_asked_for_until_it_is_renewed() {
    let reset = in_a_while(20 * MINUTE);
    let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
    let body = complaint("API rate limit exceeded for 192.0.2.7.");
    for status in [403, 429] {
        let api = Server::scripted([answer(status, &headers, body.as_str())]).await;
        for mut target in targets(&api) {
            let error = target.collect().await.unwrap_err();
            assert_eq!(error.to_string(), "refused: the quota is used up");
            assert!(asks_to_wait(&error, 20 * MINUTE), "{status}: {error:?}");
        }
        assert_eq!(api.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn retry_after_counts_more_than_when_the_quota_is_renewed() {
    let reset = in_a_while(20 * MINUTE);
    let headers =
        [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str()), ("retry-after", "3000")];
    let error = outcome(answer(403, &headers, complaint("secondary rate limit"))).await.unwrap_err();
    assert!(asks_to_wait(&error, 50 * MINUTE), "{error:?}");
}

#[tokio::test]
async fn the_last_answer_of_the_quota_counts_and_nothing_is_asked_after_it() {
    let reset = in_a_while(20 * MINUTE);
    let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
    let api = Server::scripted([answer(200, &headers, counts(1))]).await;
    let [mut one, mut other] = targets(&api);
    assert_eq!(one.collect().await.unwrap().len(), 4);
    assert!(asks_to_wait(&other.collect().await.unwrap_err(), 20 * MINUTE));
    assert_eq!(api.requests().len(), 1);
}

#[tokio::test]
async fn a_limit_that_is_told_only_in_words_is_obeyed_for_a_while() {
    let body = complaint("You have exceeded a secondary rate limit. Please wait a few minutes.");
    let api = Server::scripted([answer(403, &[], body)]).await;
    for mut target in targets(&api) {
        let error = target.collect().await.unwrap_err();
        assert!(asks_to_wait(&error, QUOTA_WAIT), "{error:?}");
    }
    assert_eq!(api.requests().len(), 1);
}

#[tokio::test]
async fn a_repository_that_is_forbidden_is_told_with_the_reason_and_stops_no_other() {
    let body = complaint("Resource protected by organization SAML enforcement.");
    let api = Server::scripted([answer(403, &[], body), answer(200, &[], counts(1))]).await;
    let [mut one, mut other] = targets(&api);
    assert_eq!(
        one.collect().await.unwrap_err().to_string(),
        "refused: 127.0.0.1 answered 403 Forbidden: Resource protected by organization SAML enforcement."
    );
    assert_eq!(other.collect().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_not_tried_for_each_repository() {
    let api = Server::scripted([answer(401, &[], complaint("Bad credentials"))]).await;
    for mut target in targets(&api) {
        let error = target.collect().await.unwrap_err();
        assert_eq!(error.to_string(), "refused: the token or key is not accepted");
        assert!(asks_to_wait(&error, BAD_CREDENTIAL_WAIT), "{error:?}");
    }
    assert_eq!(api.requests().len(), 1);
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_told_and_stops_no_other() {
    let api = Server::scripted([answer(404, &[], complaint("Not Found")), answer(200, &[], counts(1))]).await;
    let [mut one, mut other] = targets(&api);
    assert_eq!(
        one.collect().await.unwrap_err().to_string(),
        "unexpected answer: no such repository, or the token has no access to it"
    );
    assert_eq!(other.collect().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_server_out_of_order_is_not_reachable() {
    for status in [500, 502] {
        let error = outcome(answer(status, &[], "<html>Unicorn!</html>")).await.unwrap_err();
        assert!(matches!(error, CollectError::Unreachable(_)), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_is_not_understood() {
    let whole = counts(1);
    for (body, reason) in [
        (&whole[..whole.len() - 1], "EOF"),
        ("", "EOF"),
        ("<html>", "expected value"),
        (r#"{"stargazers_count":1}"#, "missing field `forks_count`"),
        (&whole.replace("18000", "-1"), "invalid value: integer `-1`"),
    ] {
        let error = outcome(answer(200, &[], body)).await.unwrap_err();
        assert!(matches!(&error, CollectError::Malformed(text) if text.contains(reason)), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_past_the_bound_is_refused_and_one_up_to_it_is_read() {
    assert_eq!(outcome(answer(200, &[], padded(&counts(1), MAX_ANSWER_BYTES))).await.unwrap().len(), 4);
    let error = outcome(answer(200, &[], padded(&counts(1), MAX_ANSWER_BYTES + 1))).await.unwrap_err();
    assert!(error.to_string().contains("more than 262144 bytes"), "{error}");
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up() {
    let base_url = serve_slowly("{\"stargazers_count\":").await.parse().unwrap();
    let timing = Timing::new(MINUTE, Duration::ZERO, Timing::MIN_TIMEOUT);
    let config = GithubConfig { timing, ..config(base_url, &["golang/go"]) };
    let error = open(&config, &Registry::new())[0].collect().await.unwrap_err();
    assert_eq!(error, CollectError::TimedOut(Timing::MIN_TIMEOUT));
}

#[tokio::test]
async fn a_repository_that_has_moved_is_followed_under_its_old_name() {
    let api = Server::scripted::<Answer>([]).await;
    let location = format!("{}/repositories/23096959", api.url);
    let moved = answer(301, &[("location", location.as_str())], complaint("Moved Permanently"));
    let [mut target, _] = targets(&api);
    for answer in [moved.clone(), answer(200, &[], counts(1)), answer(200, &[], counts(2))] {
        api.then(answer);
    }
    for stars in [1, 2] {
        let samples = target.collect().await.unwrap();
        let expected = format!(r#"github/stargazers_count{{repository="golang/go"}} stars = {stars}"#);
        assert_eq!(shown(&samples)[0], expected);
    }
    api.then(answer(404, &[], complaint("Not Found")));
    api.then(answer(200, &[], counts(3)));
    target.collect().await.unwrap_err();
    target.collect().await.unwrap();
    let paths: Vec<_> = api.requests().into_iter().map(|asked| asked.target).collect();
    let (own, moved) = ("/repos/golang/go", "/repositories/23096959");
    assert_eq!(paths, [own, moved, moved, moved, own], "after a failure it is sought where it was");
}

#[tokio::test]
async fn a_redirect_to_elsewhere_is_not_followed_nor_one_after_another() {
    let elsewhere = Server::scripted([answer(200, &[], counts(1))]).await;
    let away = answer(301, &[("location", elsewhere.url.as_str())], "");
    let error = outcome(away).await.unwrap_err().to_string();
    assert!(error.contains("301 Moved Permanently and redirects to http://127.0.0.1"), "{error}");
    assert!(elsewhere.requests().is_empty());

    let api = Server::scripted::<Answer>([]).await;
    let location = format!("{}/repositories/1", api.url);
    for _ in 0..2 {
        api.then(answer(301, &[("location", location.as_str())], ""));
    }
    assert!(matches!(targets(&api)[0].collect().await, Err(CollectError::Malformed(_))));
    assert_eq!(api.requests().len(), 2);
}

#[tokio::test]
async fn no_error_shows_the_token_even_if_the_server_repeats_it() {
    let api = Server::scripted::<Answer>([]).await;
    let repeated = complaint(&format!("bad token {TOKEN}"));
    for status in [301, 302, 400, 401, 403, 404, 422, 429, 451, 500, 503] {
        let location = format!("http://127.0.0.1/?token={TOKEN}");
        let error = outcome(answer(status, &[("location", location.as_str())], repeated.as_str()));
        let error = error.await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(TOKEN), "{status}: {error:?}");
    }
    let shown = format!("{:?}", config(api.url.parse().unwrap(), &["golang/go"]));
    assert!(!shown.contains(TOKEN), "{shown}");
}

#[tokio::test]
async fn what_is_left_of_the_quota_is_a_metric_from_the_first_answer_on() {
    let api = Server::scripted([answer(200, &[("x-ratelimit-remaining", "4987")], counts(1))]).await;
    let registry = Registry::new();
    let mut targets = open(&config(api.url.parse().unwrap(), &["golang/go"]), &registry);
    assert!(registry.gather().is_empty());
    targets[0].collect().await.unwrap();
    let [family] = registry.gather().try_into().unwrap();
    assert_eq!(family.name(), "watchkeeper_collector_github_requests_remaining");
    assert_eq!(family.get_metric()[0].get_gauge().get_value().to_string(), "4987");
}

#[test]
fn targets_are_called_by_their_repositories() {
    let targets = open(&config("http://h".parse().unwrap(), &["golang/go"]), &Registry::new());
    assert_eq!((targets[0].name(), targets[0].source()), ("github/golang/go", "github"));
}

#[tokio::test]
async fn configured_headers_are_sent_and_a_ca_file_is_used() {
    let api = Server::scripted([answer(200, &[], counts(1))]).await;
    let headers = [("X-Team".to_owned(), "ops".to_owned())].into();
    let access = Access { headers, ..Access::default() };
    let config = GithubConfig { access, ..config(api.url.parse().unwrap(), &["golang/go"]) };
    open(&config, &Registry::new())[0].collect().await.unwrap();
    assert_eq!(api.requests()[0].header("x-team"), Some("ops"));

    let access = Access { trust: Trust::File("/no/such/ca.pem".into()), ..Access::default() };
    let config = GithubConfig { access, ..config };
    let error = open(&config, &Registry::new())[0].collect().await.unwrap_err().to_string();
    assert!(error.starts_with("not reachable: cannot use ca_file /no/such/ca.pem: "), "{error}");
}
