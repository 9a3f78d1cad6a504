//! The page at `/explore`.

use crate::markup::{assert_sound, elements};
use crate::visit::{console, get, page, sample, world};
use crate::world::World;
use axum::http::StatusCode;
use watchkeeper_console::PAGE_SERIES;

#[tokio::test]
async fn a_sample_is_shown_with_its_value_unit_age_and_line() {
    let labels = [("host", "bare-01")];
    let hour =
        (0..60).map(|minute| sample("host/memory bytes", &labels, 1.3e9, 7_200 + 3 - 60 * minute - 3_600));
    let page = page(world(hour), "/explore").await;
    assert_sound(&page.body);
    page.assert_has("1.2 GiB</data>");
    page.assert_has(r#"href="/series?source=host&#38;name=memory&#38;label.host=bare-01&#38;unit=bytes""#);
    page.assert_has("averages per minute: min 1.2 GiB, avg 1.2 GiB, max 1.2 GiB</title>");
}

#[tokio::test]
async fn without_samples_the_page_says_how_to_send_one() {
    let page = page(World::default(), "/explore").await;
    assert_sound(&page.body);
    page.assert_has("No samples yet.");
    page.assert_has("http://watch.example:8460/v1/samples");
    page.assert_lacks("<table class=\"series\">");
    page.assert_lacks("data-stream");
}

fn many(count: usize) -> World {
    world((0..count).map(|cpu| sample("host/cpu percent", &[("cpu", &format!("{cpu:03}"))], 12.5, 30)))
}

fn rows(html: &str) -> Vec<String> {
    elements(html).iter().filter_map(|element| element.attribute("data-key").map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_full_page_has_no_next_one() {
    let page = page(many(PAGE_SERIES), "/explore").await;
    assert_eq!(rows(&page.body).len(), PAGE_SERIES);
    page.assert_has("Series <span class=\"muted\">50</span>");
    page.assert_lacks("Next page");
}

#[tokio::test]
async fn one_series_more_is_on_the_next_page_with_its_line() {
    let router = console(many(PAGE_SERIES + 1)).await;
    let first = get(&router, "/explore").await;
    assert_eq!(rows(&first.body).len(), PAGE_SERIES);
    let elements = elements(&first.body);
    let next = elements.iter().find(|element| element.attribute("rel") == Some("next")).unwrap();
    let next = get(&router, next.attribute("href").unwrap().split('#').next().unwrap()).await;
    assert_eq!(rows(&next.body), ["host/cpu{cpu=&#34;050&#34;} percent"]);
    next.assert_has("min 12.5 %");
    next.assert_has("First page");
}

#[tokio::test]
async fn a_page_far_into_one_name_has_its_lines() {
    let last_shown = "/explore?after=host/cpu%7Bcpu=%22149%22%7D%20percent";
    let page = page(many(3 * PAGE_SERIES + 1), last_shown).await;
    assert_eq!(rows(&page.body), ["host/cpu{cpu=&#34;150&#34;} percent"]);
    page.assert_has("min 12.5 %");
}

#[tokio::test]
async fn a_filter_is_kept_in_the_form_and_in_the_links() {
    let others =
        (0..=PAGE_SERIES).map(|index| sample("shop/orders", &[("shop", &format!("{index:03}"))], 1.0, 9));
    let world = world(others.chain([sample("host/load", &[], 1.0, 9)]));
    let page = page(world, "/explore?source=shop&name=").await;
    assert_eq!(rows(&page.body).len(), PAGE_SERIES);
    page.assert_has(r#"<input name="source" value="shop""#);
    page.assert_has(r#"href="/explore?source=shop&#38;after="#);
    page.assert_has(r#"data-stream="/v1/stream?source=shop""#);
    page.assert_lacks(">load</a>");
    page.assert_lacks("Series <span");
}

#[tokio::test]
async fn a_filter_that_matches_nothing_says_so() {
    let page = page(world([sample("host/load", &[], 1.0, 9)]), "/explore?source=hots").await;
    page.assert_has("No current series has exactly this source and name.");
    assert_eq!(rows(&page.body), [""; 0]);
}

#[tokio::test]
async fn labels_are_shown_up_to_a_number_and_a_length() {
    let long = "x".repeat(61);
    let labels = ["a", "b", "c", "d", "e", "f", "g"].map(|name| (name, long.as_str()));
    let page = page(world([sample("host/load", &labels, 1.0, 9)]), "/explore").await;
    page.assert_has(&format!("</span> {}…</span>", "x".repeat(60)));
    page.assert_has("1 more</a>");
    page.assert_lacks("<span class=\"muted\">g</span>");
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_refused() {
    let router = console(World::default()).await;
    let answer = get(&router, "/explore?source=a&source=b").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    answer.assert_has("source");
}
