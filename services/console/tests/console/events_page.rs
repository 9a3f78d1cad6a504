//! The page at `/events`.

use crate::markup::{Element, assert_sound, elements};
use crate::visit::{Answer, Shown, ask, console, event, get, page, pages_with_events, sample};
use crate::world::{Mood, World};
use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use std::ops::Range;
use std::sync::Arc;
use watchkeeper_console::{MAX_FOLDED_CHARS, PAGE_EVENTS, SHOWN_LINES};
use watchkeeper_domain::event::{Count, Field};
use watchkeeper_domain::{Event, EventFilter, EventId, Level, Timestamp};
use watchkeeper_ports::{
    Bar, Counted, EventKey, EventPage, EventQueries, EventQuery, FieldSeen, Order, PortError, Top,
};

fn world(events: impl IntoIterator<Item = Event>) -> World {
    World { events: events.into_iter().collect(), ..World::default() }
}

/// The ids of the events on a page, in its order.
fn ids(page: &Answer) -> Vec<String> {
    elements(&page.body)
        .iter()
        .filter_map(|element| Some(element.attribute("data-event")?.to_owned()))
        .collect()
}

/// The address of the first link that fulfils a condition.
fn link(page: &Answer, is_it: impl Fn(&Element) -> bool) -> Option<String> {
    let found = elements(&page.body).into_iter().find(|element| element.name == "a" && is_it(element))?;
    Some(found.attribute("href")?.replace("&#38;", "&"))
}

fn rel(page: &Answer, rel: &str) -> Option<String> {
    link(page, |element| element.attribute("rel") == Some(rel))
}

/// The addresses of all bars.
fn bars(page: &Answer) -> Vec<String> {
    let elements = elements(&page.body);
    let bars = elements.iter().filter(|element| element.attribute("data-bar").is_some());
    bars.map(|bar| bar.attribute("href").unwrap().replace("&#38;", "&")).collect()
}

#[tokio::test]
async fn an_event_is_shown_with_its_time_level_origin_message_and_fields() {
    let mut one = event("shop", Level::Warn, "timed out", 30);
    one.fields.insert("status".to_owned(), json!(504));
    let (id, at) = (one.id, one.occurred_at);
    let page = page(world([one]), "/events").await;
    assert_sound(&page.body);
    assert_eq!(ids(&page), [id.to_string()]);
    page.assert_has(&format!("<time datetime=\"{at}\" data-clock=\"\">"));
    page.assert_has("<span class=\"level\">warn</span> <span class=\"origin\">shop@web-1</span>");
    page.assert_has("<span class=\"message\">timed out</span>");
    page.assert_has("<span class=\"muted\">status</span> 504");
    page.assert_has(&format!("href=\"/events/{id}\""));
}

#[tokio::test]
async fn without_events_the_page_says_how_to_send_one_and_a_search_that_finds_none_does_not() {
    let router = console(World::default()).await;
    let empty = get(&router, "/events").await;
    assert_sound(&empty.body);
    empty.assert_has("No events in this range (last hour). Send the first one:");
    empty.assert_has("http://watch.example:8460/v1/events");
    get(&router, "/events?query=shop").await.assert_lacks("Send the first one");
}

#[tokio::test]
async fn pages_have_each_event_once_in_order_of_arrival_whatever_arrives_meanwhile() {
    // Of one instant, and two of them alike.
    let events: Vec<Event> = (0..2 * PAGE_EVENTS + 50)
        .map(|number| event("shop", Level::Info, &format!("line {}", number.min(2 * PAGE_EVENTS + 48)), 30))
        .collect();
    let mut expected: Vec<String> = events.iter().map(|event| event.id.to_string()).collect();
    expected.reverse();
    let router = console(world(events)).await;
    let (mut seen, mut address, mut addresses) = (Vec::new(), "/events".to_owned(), Vec::new());
    loop {
        let page = get(&router, &address).await;
        assert_sound(&page.body);
        seen.push(ids(&page));
        addresses.push(address);
        router.world().store_events(&[event("shop", Level::Info, "newer", 5)]).await;
        match rel(&page, "next") {
            Some(next) => address = next,
            None => break,
        }
    }
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [PAGE_EVENTS, PAGE_EVENTS, 50]);
    assert_eq!(seen.concat(), expected);
    // The way back shows the same events.
    let last = get(&router, addresses.last().unwrap()).await;
    let back = get(&router, &rel(&last, "prev").unwrap()).await;
    assert_eq!(ids(&back), seen[1]);
    let older = get(&router, &rel(&back, "next").unwrap()).await;
    assert_eq!(ids(&older), seen[2]);
}

#[tokio::test]
async fn the_bars_add_up_to_the_events_found_and_each_leads_to_its_own() {
    let levels = [Level::Error, Level::Info, Level::Debug, Level::Unknown];
    let events = (0..60)
        .map(|number| event("shop", levels[usize::try_from(number % 4).unwrap()], "x", 30 + number * 59));
    let router = console(world(events)).await;
    let page = get(&router, "/events").await;
    page.assert_has("<li>60 events</li>");
    page.assert_has("15 error and worse</li>");
    let mut found = 0;
    for bar in bars(&page) {
        found += ids(&get(&router, &bar).await).len();
    }
    assert_eq!(found, 60);
}

async fn in_zone(router: &Shown, zone: &str, path: &str) -> Answer {
    let cookie = format!("watchkeeper-zone={zone}");
    let request = Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
    ask(router, request).await
}

#[tokio::test]
async fn bars_begin_at_the_midnight_of_the_viewer_also_on_a_day_of_25_hours() {
    let router = console(World::default()).await;
    let starts = |page: &Answer| -> Vec<String> {
        elements(&page.body)
            .iter()
            .filter_map(|element| Some(element.attribute("data-at")?.to_owned()))
            .collect()
    };
    let path = "/events?from=2026-09-30&to=2026-11-10";
    let tokyo = starts(&in_zone(&router, "Asia/Tokyo", path).await);
    assert!(
        tokyo[1..].iter().all(|at| at.ends_with("T15:00:00Z") || at.ends_with("T03:00:00Z")),
        "{tokyo:?}"
    );
    let berlin = starts(&in_zone(&router, "Europe/Berlin", path).await);
    for midnight in ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"] {
        assert!(berlin.contains(&midnight.to_owned()), "{berlin:?}");
    }
}

#[tokio::test]
async fn a_value_is_added_to_the_search_by_its_link_and_removed_again() {
    let events = ["shop", "shop", "my blog"].map(|service| event(service, Level::Info, "x", 30));
    let router = console(world(events)).await;
    let all = get(&router, "/events").await;
    let blog =
        link(&all, |element| element.attribute("href").is_some_and(|href| href.contains("my+blog"))).unwrap();
    assert_eq!(blog, "/events?query=service%3D%22my+blog%22");
    let narrowed = get(&router, &blog).await;
    assert_sound(&narrowed.body);
    assert_eq!(ids(&narrowed).len(), 1);
    let chosen =
        link(&narrowed, |element| element.attribute("aria-label") == Some("Remove my blog")).unwrap();
    assert_eq!(chosen, "/events");
    let without = link(&all, |element| element.attribute("aria-label") == Some("Without my blog")).unwrap();
    assert_eq!(ids(&get(&router, &without).await).len(), 2);
}

#[tokio::test]
async fn a_field_of_the_hits_is_offered_and_then_counted_in_all_events() {
    let events = (0..2 * PAGE_EVENTS).map(|number| {
        let mut one = event("shop", Level::Info, "x", 30);
        one.fields.insert("status".to_owned(), json!(if number % 4 == 0 { 500 } else { 200 }));
        one
    });
    let router = console(world(events)).await;
    let page = get(&router, "/events").await;
    page.assert_has("status <span class=\"muted\">of these 100</span>");
    let all =
        link(&page, |element| element.attribute("aria-label") == Some("Of all events by status")).unwrap();
    let counted = get(&router, &all).await;
    assert_sound(&counted.body);
    counted.assert_has("200</a> <span class=\"muted\">150</span>");
}

#[tokio::test]
async fn an_error_in_the_query_is_said_at_the_field_with_its_place_marked() {
    let page =
        page(world([event("shop", Level::Info, "x", 30)]), "/events?query=shop+level%3E%3Dwran&over=6h")
            .await;
    assert_sound(&page.body);
    page.assert_has("did you mean warn?");
    page.assert_has("<mark>");
    page.assert_has("aria-invalid=\"true\" aria-describedby=\"query-error\"");
    page.assert_has("value=\"shop level&#62;=wran\"");
    page.assert_has("Nothing is searched until the query is understood.");
    page.assert_lacks("data-event");
    page.assert_has("name=\"over\" value=\"6h\"");
}

#[tokio::test]
async fn a_range_that_makes_no_sense_is_refused() {
    let router = console(World::default()).await;
    for path in ["/events?over=9s", "/events?from=monday", "/events?page=2", "/events/nothing"] {
        assert_eq!(get(&router, path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn a_form_with_empty_fields_leads_to_a_short_address() {
    let router = console(World::default()).await;
    let answer = get(&router, "/events?query=&over=15m&from=&to=").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/events?over=15m");
    assert_eq!(get(&router, "/events?query=shop+").await.header("location"), "/events?query=shop");
}

#[tokio::test]
async fn a_long_message_is_folded_and_colours_of_a_terminal_are_not_obeyed() {
    let lines: Vec<String> = (1..=SHOWN_LINES + 9).map(|line| format!("at frame_{line}()")).collect();
    let trace = event("shop", Level::Error, &lines.join("\n"), 30);
    let red = event("shop", Level::Error, "\u{1b}[31mred\u{1b}[0m", 31);
    let huge = event("shop", Level::Error, &"y".repeat(2 * MAX_FOLDED_CHARS), 32);
    let page = page(world([trace, red, huge]), "/events").await;
    assert_sound(&page.body);
    page.assert_has("at frame_3()</span> <span class=\"more\">9 more lines</span></summary>");
    page.assert_has("\\u{1b}[31mred\\u{1b}[0m");
    page.assert_has("The whole message</a>");
    assert!(page.body.len() < 100_000, "{}", page.body.len());
}

#[tokio::test]
async fn a_store_that_is_away_is_said_and_the_search_field_is_there() {
    let router = console(World { event_store: Mood::Refuses, ..world([]) }).await;
    let page = get(&router, "/events?query=shop").await;
    assert_sound(&page.body);
    page.assert_has("Not shown: store unavailable: &#60;b&#62;refused&#60;/b&#62;");
    page.assert_has("value=\"shop\"");
}

#[tokio::test]
async fn samples_of_the_same_service_are_a_link_away_if_there_are_any() {
    let samples =
        vec![sample("http/requests", &[("service", "shop")], 1.0, 3), sample("blog/visits", &[], 1.0, 3)];
    let router = console(World { samples, ..world([event("shop", Level::Info, "x", 30)]) }).await;
    let shop = get(&router, "/events?query=service%3Dshop").await;
    shop.assert_has("<a href=\"/explore?label.service=shop\">Samples of shop</a>");
    let blog = get(&router, "/events?query=service%3Dblog").await;
    blog.assert_has("<a href=\"/explore?source=blog\">Samples of blog</a>");
    get(&router, "/events?query=service%3Dother").await.assert_lacks("Samples of");
}

#[tokio::test]
async fn a_host_leads_to_its_events() {
    let labels = [("host", "web-1"), ("cpu", "0")];
    let world =
        World { samples: vec![sample("host/cpu_usage percent", &labels, 1.0, 3)], ..World::default() };
    page(world, "/").await.assert_has("href=\"/events?query=host%3Dweb-1\"");
}

#[tokio::test]
async fn what_may_be_typed_next_is_quoted_and_fits_what_is_typed() {
    let mut one = event("my shop", Level::Info, "x", 30);
    one.fields.insert("status".to_owned(), json!(504));
    one.fields.insert("user agent".to_owned(), json!("curl"));
    let router = console(world([one, event("blog", Level::Info, "x", 30)])).await;
    let words = async |query: &str| -> serde_json::Value {
        let answer = get(&router, &format!("/events/complete?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    };
    assert_eq!(
        words("text=s").await,
        json!([
            {"shown": "service", "text": "service="}, {"shown": "status", "text": "status="},
        ])
    );
    assert_eq!(words("text=user").await, json!([{"shown": "user agent", "text": "\"user agent\"="}]));
    assert_eq!(
        words("field=service&text=m").await,
        json!([{"shown": "my shop", "text": "service=\"my shop\""}])
    );
    assert_eq!(words("field=service&query=status%3D504").await[0]["shown"], "my shop");
}

/// A store in which no search comes to its end.
struct Slow(Event);

#[async_trait]
impl EventQueries for Slow {
    async fn events(
        &self,
        query: &EventQuery,
        _: Order,
        after: Option<EventKey>,
        _: usize,
    ) -> Result<EventPage, PortError> {
        let next = Some(EventKey { occurred_at: query.time.start, id: EventId::given("next") });
        let events = if after.is_some() { Vec::new() } else { vec![self.0.clone()] };
        Ok(EventPage { events, next, is_partial: true })
    }

    async fn event(&self, _: EventId) -> Result<Option<Event>, PortError> {
        Ok(Some(self.0.clone()))
    }

    async fn histogram(&self, _: &EventFilter, edges: &[Timestamp]) -> Result<Counted<Vec<Bar>>, PortError> {
        Ok(Counted { found: vec![Bar::default(); edges.len() - 1], since: edges[edges.len() / 2] })
    }

    async fn top(&self, query: &EventQuery, _: &Field, _: usize) -> Result<Counted<Top>, PortError> {
        Ok(Counted { found: Top::default(), since: query.time.end })
    }

    async fn fields(&self, _: &EventQuery) -> Result<(Vec<FieldSeen>, u64), PortError> {
        Ok((Vec::new(), 0))
    }

    async fn counts(&self, _: &str, _: Range<Timestamp>) -> Result<Vec<Count>, PortError> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn a_search_that_takes_too_long_says_so_and_how_to_narrow_it_and_goes_on() {
    let world = watchkeeper_test_kit::World::new();
    let router = pages_with_events(&world, Arc::new(Slow(event("shop", Level::Info, "x", 30))));
    let page = get(&router, "/events").await;
    assert_sound(&page.body);
    page.assert_has("The search took too long, and this is a part of the result");
    page.assert_has("Choose a shorter time, or add service=, host= or level&#62;= to the search.");
    page.assert_has("Counting took too long: the numbers are complete only since");
    page.assert_has("class=\"uncounted\"");
    page.assert_has("counted since ");
    assert_eq!(ids(&page).len(), 1);
    let next = get(&router, &rel(&page, "next").unwrap()).await;
    assert_sound(&next.body);
    next.assert_has("this is a part of the result");
    next.assert_lacks("No events in this range");
}

#[tokio::test]
async fn the_search_is_kept_in_all_links_and_the_answer_can_be_had_as_json() {
    let page =
        page(world([event("shop", Level::Info, "x", 30)]), "/events?query=service%3Dshop+x&over=6h").await;
    page.assert_has("href=\"/v1/events?query=service%3Dshop+x&#38;from=6h\"");
    page.assert_has("data-follow=\"/v1/events/stream?query=service%3Dshop+x\"");
    let range = link(&page, |element| element.attribute("href").is_some_and(|href| href.contains("over=7d")));
    assert_eq!(range.unwrap(), "/events?query=service%3Dshop+x&over=7d");
    let of_event = link(&page, |element| element.attribute("class") == Some("at")).unwrap();
    assert!(of_event.ends_with("?query=service%3Dshop+x&over=6h"), "{of_event}");
}
