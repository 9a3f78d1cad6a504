//! Status pages: what customers see, and what they never see.

mod badges;
mod caching;
mod feed;
mod incidents;
mod stage;

use crate::markup::elements;
use crate::visit::get;
use axum::http::StatusCode;
use stage::{PRIVATE, PUBLIC, Stage, probe, with_token};

#[tokio::test]
async fn a_public_page_needs_no_token_and_everything_else_does() {
    let stage = Stage::with([probe("shop", "up")]).await;
    for path in ["/status/customers", "/status/customers.json", "/status/customers/feed.atom"] {
        let answer = get(&stage.guarded, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    for path in ["/", "/alerts", "/status/staff", "/status/staff.json", "/status/staff/badge.svg"] {
        assert_eq!(get(&stage.guarded, path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(with_token(&stage.guarded, path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn no_way_of_writing_its_address_opens_a_page_that_needs_a_token() {
    let stage = Stage::with([probe("shop", "up")]).await;
    for path in [
        "/status/%73taff",
        "/status/s%74aff.json",
        "/status/staff%2Ejson",
        "/status/%73taff/feed.atom",
        "/status/staff%2Ffeed.atom",
        "/status/customers%2F..%2Fstaff",
        "/status//staff",
        "/status/staff/",
    ] {
        let answer = get(&stage.guarded, path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        answer.assert_lacks("Example for staff");
    }
    assert_eq!(get(&stage.guarded, "/status/%73taff").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_file_of_a_public_page_is_there_without_a_token_and_nothing_sets_a_cookie() {
    let stage = Stage::with([probe("shop", "up")]).await;
    let page = get(&stage.guarded, "/status/customers").await;
    assert_eq!(page.header("set-cookie"), "");
    let elements = elements(&page.body);
    assert!(elements.iter().all(|element| !["script", "style", "form", "iframe"].contains(&&*element.name)));
    let links = elements.iter().filter(|element| element.name == "link");
    let files: Vec<_> = links.filter_map(|link| link.attribute("href")).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        let answer = get(&stage.guarded, file).await;
        assert_eq!(answer.status, StatusCode::OK, "{file}");
    }
}

#[tokio::test]
async fn a_page_that_does_not_exist_is_not_found_and_names_no_other() {
    let stage = Stage::with([probe("shop", "up")]).await;
    for path in
        ["/status/nobody", "/status/customers/other", "/status/nobody/feed.atom", "/status/nobody.json"]
    {
        let answer = get(&stage.guarded, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        for name in [PUBLIC, PRIVATE, "Example", "shop"] {
            answer.assert_lacks(name);
        }
    }
    let page = get(&stage.guarded, "/status/nobody").await;
    page.assert_has("There is no status page at this address.");
    elements(&page.body);
}

#[tokio::test]
async fn the_worst_is_said_first_and_each_service_by_group_with_its_state() {
    let stage = Stage::with([probe("shop", "up"), probe("blog", "down"), probe("wiki", "up")]).await;
    let page = get(&stage.open, "/status/customers").await;
    page.assert_has("<title>1 of 3 services is down · Example</title>");
    page.assert_has("<h2>web</h2>");
    page.assert_has(">Web shop</h3>");
    assert_eq!(page.body.matches("</span>Operational</p>").count(), 2);
    page.assert_has("<p class=\"now degraded\"><span class=\"mark\" aria-hidden=\"true\"></span>Down</p>");
    page.assert_has("Uptime of the last 30 days: 100.00 %");
    page.assert_has("so far today");

    let well = Stage::with([probe("shop", "up")]).await;
    get(&well.open, "/status/customers").await.assert_has("All systems operational");
    let nothing = Stage::with([]).await;
    get(&nothing.open, "/status/customers").await.assert_has("No service is shown here yet");
}

#[tokio::test]
async fn days_come_from_rollups_and_today_from_samples() {
    let stage = Stage::with([probe("shop", "up")]).await;
    stage.roll_up("shop", &[(1, 100.0), (2, 90.0), (29, 99.0), (30, 0.0)]).await;
    let page = get(&stage.open, "/status/customers").await;
    assert_eq!(page.body.matches("<path class=\"bad\"").count(), 1);
    assert_eq!(page.body.matches("<path class=\"partial\"").count(), 1);
    page.assert_has(": 90.00 %</title>");
    page.assert_has("<span>30 days ago</span>");
}

#[tokio::test]
async fn only_the_names_for_readers_leave_the_house() {
    let secret = "answered 500 from 10.1.2.3:8443 (db1.internal)";
    let mut targets = vec![probe("db1.internal", "down"), probe("https://10.1.2.3/health", "down")];
    for target in &mut targets {
        target.reason = Some(secret);
        target.labels.push(("team", "secret-team"));
    }
    targets.push(probe("shop", "up"));
    let stage = Stage::with(targets).await;
    for path in [
        "/status/customers",
        "/status/customers.json",
        "/status/customers/feed.atom",
        "/status/customers/badge.svg",
        "/status/customers/badge/unnamed-service.svg",
        "/status/customers/badge/unnamed-service-2.svg",
    ] {
        let answer = get(&stage.open, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for internal in
            ["10.1.2.3", "db1.", ".internal", "answered", "secret", "uptime/", "availability_percent"]
        {
            answer.assert_lacks(internal);
        }
    }
    let page = get(&stage.open, "/status/customers").await;
    page.assert_has("Unnamed service 1");
    page.assert_has("Unnamed service 2");
    page.assert_has("2 of 3 services are down");
}

#[tokio::test]
async fn targets_that_the_page_does_not_choose_are_not_counted() {
    let mut other = probe("intranet", "down");
    other.group = "office";
    let stage = Stage::with([probe("shop", "up"), other]).await;
    let page = get(&stage.open, "/status/customers").await;
    page.assert_has("All systems operational");
    page.assert_lacks("intranet");
}

#[tokio::test]
async fn markup_in_names_is_shown_as_text() {
    let attack = "</title><script>alert(1)</script>\"onload='x";
    let mut target = probe("wiki", "up");
    target.labels.push(("title", attack));
    target.group = "<b onclick=x>";
    let stage = Stage::choosing("match = []", [target]).await;
    for path in ["/status/customers", "/status/customers/badge/title-script-alert-1-script-onload-x.svg"] {
        let answer = get(&stage.open, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        answer.assert_has("&#60;script&#62;alert(1)");
        answer.assert_lacks("<script");
        for element in elements(&answer.body) {
            assert!(element.attributes.iter().all(|(name, _)| !name.starts_with("on")), "{path}");
        }
    }
}

#[tokio::test]
async fn programs_read_the_same_as_json() {
    let stage = Stage::with([probe("shop", "up"), probe("blog", "down")]).await;
    let answer = get(&stage.open, "/status/customers.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    answer.assert_has(
        r#""name":"customers","title":"Example","status":"down","text":"1 of 2 services is down""#,
    );
    answer.assert_has(
        r#"{"id":"web-shop","name":"Web shop","group":"web","state":"up","uptime_percent":100.0}"#,
    );
    answer.assert_has(r#"{"id":"blog","name":"blog","group":"web","state":"down","uptime_percent":0.0}"#);
    answer.assert_has(r#""incidents":[]"#);
}
