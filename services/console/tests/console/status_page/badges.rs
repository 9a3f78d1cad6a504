//! Badges.

use super::stage::{Stage, probe};
use crate::markup::elements;
use crate::visit::get;
use axum::http::StatusCode;

#[tokio::test]
async fn a_badge_is_a_picture_with_a_text_alternative_that_other_sites_may_show() {
    let stage = Stage::with([probe("shop", "up"), probe("blog", "down")]).await;
    for (path, text) in [
        ("/status/customers/badge.svg", "status: 1 down"),
        ("/status/customers/badge/web-shop.svg", "Web shop: operational"),
        ("/status/customers/badge/blog.svg?show=state", "blog: down"),
        ("/status/customers/badge/web-shop.svg?show=uptime", "Web shop: 100.00 %, 30 d"),
    ] {
        let badge = get(&stage.open, path).await;
        assert_eq!(badge.status, StatusCode::OK, "{path}");
        assert_eq!(badge.header("content-type"), "image/svg+xml");
        assert_eq!(badge.header("cross-origin-resource-policy"), "cross-origin");
        let elements = elements(&badge.body);
        assert_eq!((elements[0].name.as_str(), elements[0].attribute("role")), ("svg", Some("img")));
        assert_eq!(elements[0].attribute("aria-label"), Some(text));
        badge.assert_has(&format!("<title>{text}</title>"));
        assert!(elements.iter().all(|element| element.attribute("style").is_none()));
    }
    let well = Stage::with([probe("shop", "up")]).await;
    get(&well.open, "/status/customers/badge.svg").await.assert_has("<title>status: operational</title>");
}

#[tokio::test]
async fn there_is_no_badge_of_what_is_not_on_the_page() {
    let mut other = probe("intranet", "up");
    other.group = "office";
    let stage = Stage::with([probe("shop", "up"), other]).await;
    for file in ["intranet.svg", "shop.svg", "web-shop.png", "web-shop"] {
        let answer = get(&stage.open, &format!("/status/customers/badge/{file}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{file}");
    }
    let answer = get(&stage.open, "/status/customers/badge/web-shop.svg?show=everything").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
