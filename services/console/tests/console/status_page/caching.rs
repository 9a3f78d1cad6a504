//! How long an answer may be kept, and by whom. The clock rests: nothing gets old while a busy machine is slow.

use super::stage::{Stage, probe, with_token};
use crate::visit::{ask, get};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::future::join_all;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use watchkeeper_test_kit::unavailable;

const PATHS: [&str; 4] = [
    "/status/customers",
    "/status/customers.json",
    "/status/customers/feed.atom",
    "/status/customers/badge.svg",
];

#[tokio::test(start_paused = true)]
async fn an_answer_may_be_kept_by_everybody_and_is_not_sent_twice() {
    let stage = Stage::with([probe("shop", "up")]).await;
    for path in PATHS {
        let answer = get(&stage.open, path).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=10", "{path}");
        let known = Request::get(path)
            .header("host", "watch.example:8460")
            .header("if-none-match", answer.header("etag"));
        let again = ask(&stage.open, known.body(Body::empty()).unwrap()).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        assert_eq!(again.header("cache-control"), "public, max-age=10", "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_needs_a_token_is_for_its_reader_alone() {
    let stage = Stage::with([probe("shop", "up")]).await;
    for path in PATHS.map(|path| path.replace("customers", "staff")) {
        let answer = with_token(&stage.guarded, &path).await;
        assert_eq!(answer.header("cache-control"), "private, max-age=10", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_readers_at_once_cost_one_query() {
    let stage = Stage::with([probe("shop", "up")]).await;
    let readers = (0..1_000).map(|reader| get(&stage.open, PATHS[reader % PATHS.len()]));
    assert!(join_all(readers).await.iter().all(|answer| answer.status == StatusCode::OK));
    assert_eq!(stage.world.incidents.calls("ending_from").begun, 1);
}

#[tokio::test(start_paused = true)]
async fn without_its_stores_a_page_says_so_and_when_to_try_again() {
    let stage = Stage::with([probe("shop", "up")]).await;
    stage.world.incidents.fail_all(unavailable("db1.internal"));
    let page = get(&stage.open, "/status/customers").await;
    assert_eq!((page.status, page.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "10"));
    page.assert_has("The status cannot be shown at the moment.");
    page.assert_lacks("db1.internal");
    let json = get(&stage.open, "/status/customers.json").await;
    assert_eq!(json.status, StatusCode::SERVICE_UNAVAILABLE);
    json.assert_lacks("db1.internal");
}

#[tokio::test(start_paused = true)]
async fn a_page_is_compressed_for_who_can_read_that_and_has_the_same_tag() {
    let stage = Stage::with([probe("shop", "up")]).await;
    let plain = get(&stage.open, "/status/customers").await;
    let request = Request::get("/status/customers").header("accept-encoding", "gzip");
    let (head, body) =
        stage.open.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    assert_eq!(head.headers["content-encoding"], "gzip");
    assert_eq!(head.headers["etag"], plain.header("etag"));
    assert!(body.collect().await.unwrap().to_bytes().len() < plain.body.len() / 2);
}
