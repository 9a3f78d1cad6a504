//! The page of one event.

use crate::markup::{assert_sound, elements};
use crate::visit::{console, event, get};
use crate::world::World;
use axum::http::StatusCode;
use serde_json::json;
use watchkeeper_domain::event::{CHANGED, CUT};
use watchkeeper_domain::{Event, EventId, Level};

fn world(events: &[Event]) -> World {
    World { events: events.to_vec(), ..World::default() }
}

#[tokio::test]
async fn an_event_is_opened_with_all_its_fields_each_a_link_to_search_with_it_and_without_it() {
    let mut one = event("shop", Level::Error, "timed out\nafter 3 s", 30);
    one.fields.insert("ctx".to_owned(), json!({"user": {"id": 7}, "tags": ["a b"], "none": null}));
    let router = console(world(&[one.clone()])).await;
    let page = get(&router, &format!("/events/{}?query=timed&over=6h", one.id)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_sound(&page.body);
    page.assert_has("<pre class=\"message\"><code>timed out\nafter 3 s</code></pre>");
    page.assert_has("<h1><span class=\"level\">error</span> shop@web-1</h1>");
    page.assert_has("<title data-part=\"title\">timed out · Watchkeeper</title>");
    for (field, value) in
        [("ctx.user.id", "7"), ("ctx.tags", "a b"), ("ctx.none", "null"), ("service", "shop")]
    {
        page.assert_has(&format!("<th scope=\"row\">{field}</th><td class=\"value-of\">{value}</td>"));
    }
    page.assert_has("href=\"/events?query=timed+ctx.user.id%3D7&#38;over=6h\"");
    page.assert_has("href=\"/events?query=timed+ctx.tags%21%3D%22a+b%22&#38;over=6h\"");
    page.assert_has(&format!("href=\"/v1/events/{}\"", one.id));
    page.assert_has("<a href=\"/events?query=timed&#38;over=6h\">Back to the search</a>");
    // Each link finds the event, or does not.
    let with = get(&router, "/events?query=timed+ctx.user.id%3D7&over=6h").await;
    with.assert_has(&one.id.to_string());
    let without = get(&router, "/events?query=timed+ctx.tags%21%3D%22a+b%22&over=6h").await;
    without.assert_lacks(&one.id.to_string());
}

#[tokio::test]
async fn marks_are_explained_in_words() {
    let mut one = event("shop", Level::Error, "x", 30);
    for mark in [CHANGED, CUT, "parse"] {
        one.mark(mark);
    }
    let router = console(world(&[one.clone()])).await;
    let page = get(&router, &format!("/events/{}", one.id)).await;
    assert_sound(&page.body);
    page.assert_has("Characters that cannot be stored were replaced");
    page.assert_has("It was larger than the limit");
    page.assert_has("Marked parse: a step of processing failed");
}

#[tokio::test]
async fn the_neighbours_of_its_service_and_host_stand_around_it_oldest_first() {
    let of = |message: &str, seconds| event("shop", Level::Info, message, seconds);
    let all = [
        of("one", 50),
        of("two", 40),
        event("blog", Level::Info, "elsewhere", 39),
        of("three", 30),
        of("four", 20),
    ];
    let router = console(world(&all)).await;
    let page = get(&router, &format!("/events/{}", all[3].id)).await;
    let shown: Vec<_> = elements(&page.body)
        .iter()
        .filter_map(|element| Some(element.attribute("data-event")?.to_owned()))
        .collect();
    assert_eq!(shown, [0, 1, 3, 4].map(|index| all[index].id.to_string()));
    page.assert_has("class=\"event info chosen\"");
    page.assert_has("aria-current=\"true\"");
    page.assert_has("query=service%3Dshop+host%3Dweb-1&#38;from=");
}

#[tokio::test]
async fn the_links_of_an_old_event_search_the_time_around_it() {
    let old = event("shop", Level::Info, "x", 3 * 24 * 3_600);
    let router = console(world(std::slice::from_ref(&old))).await;
    let page = get(&router, &format!("/events/{}", old.id)).await;
    page.assert_has("<a href=\"/events?from=");
    let search = elements(&page.body).into_iter().find_map(|element| {
        let href = element.attribute("href")?.replace("&#38;", "&");
        href.starts_with("/events?query=service%3Dshop&").then_some(href)
    });
    get(&router, &search.unwrap()).await.assert_has(&old.id.to_string());
}

#[tokio::test]
async fn an_event_that_is_not_stored_is_not_found() {
    let router = console(World::default()).await;
    let answer = get(&router, &format!("/events/{}", EventId::given("a"))).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
