//! Queries of events over HTTP and gRPC.

use crate::platform::{Platform, at, ports, soon};
use axum::http::StatusCode;
use prometheus::TextEncoder;
use serde_json::{Value, json};
use std::sync::Mutex;
use tonic::Code;
use watchkeeper_api::ApiConfig;
use watchkeeper_domain::event::EventIds;
use watchkeeper_domain::{Event, EventId, Level, Timestamp};
use watchkeeper_ports::PortError;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::World;
use watchkeeper_wire::proto::v1;
use watchkeeper_wire::proto::v1::events_client::EventsClient;

/// The range of the tests, as parameters.
pub(crate) const DAY: &str = "from=2026-01-20T00:00:00Z&to=2026-01-21T00:00:00Z";

/// An event of `shop` on `web-1`; its id is greater than those of events made before.
pub(crate) fn event(at: &str, message: &str) -> Event {
    static IDS: Mutex<Option<EventIds>> = Mutex::new(None);
    let id = IDS.lock().unwrap().get_or_insert_with(|| EventIds::new(7)).next(Timestamp::now());
    let Value::Object(fields) = json!({"status": 200, "ctx": {"user": "ann"}}) else { unreachable!() };
    Event {
        id,
        occurred_at: at.parse().unwrap(),
        level: Level::Info,
        service: "shop".into(),
        host: "web-1".into(),
        message: message.into(),
        fields,
    }
}

fn messages(answer: &Value) -> Vec<&str> {
    let events = answer["events"].as_array().unwrap();
    events.iter().map(|event| event["message"].as_str().unwrap()).collect()
}

/// A query as a parameter.
fn asked(query: &str) -> String {
    let escaped = query.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    format!("/v1/events?{DAY}&query={escaped}")
}

#[tokio::test]
async fn an_event_is_answered_as_it_was_stored() {
    let platform = Platform::start().await;
    let stored = event(&at("10:00:00.123456"), "timed\nout ␀ \"x\"");
    platform.store_events(std::slice::from_ref(&stored)).await;
    let answer = platform.answer(&format!("/v1/events?{DAY}")).await;
    let expected = json!({"events": [{
        "id": stored.id.to_string(),
        "time": at("10:00:00.123456"),
        "level": "info",
        "service": "shop",
        "host": "web-1",
        "message": "timed\nout ␀ \"x\"",
        "fields": {"status": 200, "ctx": {"user": "ann"}},
    }]});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_query_selects_events_and_a_wrong_one_is_refused_with_the_place() {
    let platform = Platform::start().await;
    let slow = Event { level: Level::Warn, ..event(&at("10:00:00"), "Timed out") };
    let unknown = Event { service: String::new(), ..event(&at("10:00:01"), "no service") };
    platform.store_events(&[slow, unknown, event(&at("10:00:02"), "fine")]).await;
    for (query, expected) in [
        ("service=shop level>=warn \"timed out\" status>=200 -path=/health", &["Timed out"][..]),
        ("-service=shop", &["no service"]),
        ("ctx.user=ann", &["fine", "no service", "Timed out"]),
        ("", &["fine", "no service", "Timed out"]),
    ] {
        assert_eq!(messages(&platform.answer(&asked(query)).await), expected, "{query}");
    }
    let refused = platform.refusal(&asked("service=shop (")).await;
    assert!(refused.starts_with("query: ") && refused.contains(", at character 15"), "{refused}");
    let oldest = platform.answer(&format!("/v1/events?{DAY}&order=oldest&limit=1")).await;
    assert_eq!(messages(&oldest), ["Timed out"]);
}

#[tokio::test]
async fn pages_have_each_event_of_one_instant_once_in_order_of_arrival_whatever_arrives_meanwhile() {
    let platform = Platform::start().await;
    // Two of them alike.
    let all: Vec<_> =
        (0..250).map(|number| event(&at("10:00:00"), &format!("line {}", number.min(248)))).collect();
    platform.store_events(&all).await;
    for order in ["newest", "oldest"] {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/events?{DAY}&order={order}&limit=100{after}");
            let page = platform.answer(&path).await;
            found.extend(page["events"].as_array().unwrap().iter().map(|event| event["id"].clone()));
            let later =
                Event { occurred_at: at("09:00:00").parse().unwrap(), ..event(&at("11:00:00"), "later") };
            let later = if order == "newest" { event(&at("11:00:00"), "later") } else { later };
            platform.store_events(&[later]).await;
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let mut expected: Vec<_> = all.iter().map(|event| json!(event.id.to_string())).collect();
        if order == "newest" {
            expected.reverse();
        } else {
            // Of the first run.
            assert!(found.len() > expected.len());
            found.truncate(expected.len());
        }
        assert_eq!(found, expected, "{order}");
    }
}

#[tokio::test]
async fn each_parameter_of_events_is_refused_past_its_limit_by_name() {
    let platform = Platform::start().await;
    for (path, expected) in [
        ("/v1/events?limit=1001", "limit: must be from 1 to 1000, is 1001"),
        ("/v1/events?order=random", "order: must be newest or oldest, is \"random\""),
        ("/v1/events?after=x", "after: must be `next` of the previous page"),
        ("/v1/events?from=1h&to=2h", "from: must be before to"),
        (
            "/v1/events/histogram?step=7s",
            "step: must be whole seconds that divide a day, such as 1s, 5m or 6h, or 1 to 366 days",
        ),
        (
            "/v1/events/histogram?from=2h&step=1s",
            "step: gives 7200 bars, the limit is 1000: use a longer step",
        ),
        ("/v1/events/histogram?bars=1001", "bars: must be from 1 to 1000, is 1001"),
        (
            "/v1/events/histogram?zone=Mars",
            "zone: must be the name of a time zone, such as Europe/Berlin or UTC",
        ),
        ("/v1/events/top?field=", "field: must have 1 to 256 bytes, has 0"),
        ("/v1/events/top?limit=1001", "limit: must be from 1 to 1000, is 1001"),
        ("/v1/events/counts?from=2d&to=1h", "from: must be at most 24h before to"),
        ("/v1/events/export?format=xml", "format: must be ndjson or csv, is \"xml\""),
        (
            "/v1/events/019adf3c-5d20-7000-8000-00003a5f1c2b?around=201",
            "around: must be from 1 to 200, is 201",
        ),
    ] {
        assert_eq!(platform.refusal(path).await, expected, "{path}");
    }
    let long = format!("/v1/events/values?prefix={}", "x".repeat(257));
    assert_eq!(platform.refusal(&long).await, "prefix: must have at most 256 bytes, has 257");
}

#[tokio::test]
async fn an_event_is_found_by_its_id_with_the_lines_around_it() {
    let platform = Platform::start().await;
    let mut all: Vec<_> =
        (0..9).map(|second| event(&at(&format!("10:00:0{second}")), &format!("line {second}"))).collect();
    all.push(Event { host: "web-2".into(), ..event(&at("10:00:04"), "elsewhere") });
    platform.store_events(&all).await;
    let answer = platform.answer(&format!("/v1/events/{}?around=2", all[4].id)).await;
    let of = |part: &str| messages(&json!({ "events": answer[part] })).join(", ");
    assert_eq!((of("before"), of("after")), ("line 2, line 3".to_owned(), "line 5, line 6".to_owned()));
    assert_eq!(answer["event"]["message"], "line 4");
    let alone = platform.answer(&format!("/v1/events/{}", all[4].id)).await;
    assert!(alone.get("before").is_none());
    for id in ["x", &EventId::given("none").to_string()] {
        assert_eq!(platform.get(&format!("/v1/events/{id}")).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_histogram_has_the_viewers_days_and_its_sum_is_the_number_of_events() {
    let platform = Platform::start().await;
    // From Sunday to Monday in Berlin, 25 October 2026 has 25 hours: from 22:00 UTC to 23:00 UTC. Such a day is in the
    // past of the store, too.
    let hours = (0..25).map(|hour| {
        let start: Timestamp = "2025-10-25T22:30:00Z".parse().unwrap();
        let at = start.plus(std::time::Duration::from_secs(hour * 3_600));
        Event {
            level: if hour % 5 == 0 { Level::Error } else { Level::Info },
            ..event(&at.to_string(), "tick")
        }
    });
    platform.store_events(&hours.collect::<Vec<_>>()).await;
    let range = "from=2025-10-24T22:00:00Z&to=2025-10-28T00:00:00Z&zone=Europe/Berlin";
    let days = platform.answer(&format!("/v1/events/histogram?{range}&step=1d")).await;
    let bars: Vec<_> = days["bars"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bar| (bar["from"].clone(), bar["events"].clone()))
        .collect();
    assert_eq!(
        bars,
        [
            (json!("2025-10-24T22:00:00Z"), json!(0)),
            (json!("2025-10-25T22:00:00Z"), json!(25)),
            (json!("2025-10-26T23:00:00Z"), json!(0)),
            (json!("2025-10-27T23:00:00Z"), json!(0)),
        ]
    );
    assert_eq!(days["bars"][1]["levels"], json!({"error": 5, "info": 20}));
    let hours = platform.answer(&format!("/v1/events/histogram?{range}&step=1h")).await;
    let counted = hours["bars"].as_array().unwrap().iter().filter(|bar| bar["events"] == 1).count();
    let found = platform.answer(&format!("/v1/events?{range}").replace("&zone=Europe/Berlin", "")).await;
    assert_eq!((counted, &hours["events"], found["events"].as_array().unwrap().len()), (25, &json!(25), 25));
    let few = platform.answer(&format!("/v1/events/histogram?{range}&bars=3")).await;
    assert!(few["bars"].as_array().unwrap().len() <= 3);
    assert_eq!(few["events"], 25);
}

#[tokio::test]
async fn frequent_values_fields_and_completions_are_those_of_the_events() {
    let platform = Platform::start().await;
    let of = |status: u32, service: &str| {
        let mut event = event(&at("10:00:00"), "done");
        event.service = service.into();
        event.fields.insert("status".into(), status.into());
        event
    };
    platform.store_events(&[of(200, "shop"), of(200, "shop"), of(504, "shipping"), of(404, "blog")]).await;
    let top = platform.answer(&format!("/v1/events/top?{DAY}&field=status&limit=1")).await;
    let expected =
        json!({"field": "status", "values": [{"value": "200", "events": 2}], "others": 2, "without": 0});
    assert_eq!(top, expected);
    let fields = platform.answer(&format!("/v1/events/fields?{DAY}&prefix=STA")).await;
    assert_eq!(fields["of"], 4);
    let names: Vec<_> =
        fields["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["status"]);
    let values = platform.answer(&format!("/v1/events/values?{DAY}&field=service&prefix=sh")).await;
    let expected = json!({"values": [{"value": "shop", "events": 2}, {"value": "shipping", "events": 1}]});
    assert_eq!(values, expected);
    let counts = platform.answer(&format!("/v1/events/counts?{DAY}")).await;
    let shop = counts["counts"].as_array().unwrap().iter().find(|count| count["service"] == "shop").unwrap();
    assert_eq!((&shop["minute"], &shop["events"]), (&json!(at("10:00:00")), &json!(2)));
}

#[tokio::test]
async fn a_search_that_took_too_long_says_so_and_how_to_narrow_it() {
    let world = World::new();
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    let slow = slow_store(&world);
    let platform_ports = watchkeeper_api::ApiPorts { events: slow, ..platform.ports.clone() };
    let platform = Platform::on(platform_ports, ApiConfig::default(), &Access::open());
    let page = platform.answer(&format!("/v1/events?{DAY}")).await;
    assert_eq!(page["partial"], true);
    assert!(page["hint"].as_str().unwrap().contains("choose a shorter time"), "{page}");
    assert!(page["next"].is_string(), "the search can be continued");
    let bars = platform.answer(&format!("/v1/events/histogram?{DAY}")).await;
    assert_eq!((&bars["partial"], &bars["complete_since"]), (&json!(true), &json!(at("12:00:00"))));
    let top = platform.answer(&format!("/v1/events/top?{DAY}")).await;
    assert_eq!((&top["partial"], &top["complete_since"]), (&json!(true), &json!(at("12:00:00"))));
    let text = TextEncoder::new().encode_to_string(&platform.context.registry().gather()).unwrap();
    assert!(text.contains("watchkeeper_api_partial_answers_total{question=\"page\"} 1"), "{text}");
}

/// A store whose searches always take too long.
fn slow_store(world: &World) -> std::sync::Arc<dyn watchkeeper_ports::EventQueries> {
    std::sync::Arc::new(crate::slow_events::SlowEvents(world.events.clone()))
}

#[tokio::test]
async fn what_many_ask_is_answered_without_the_store_and_a_page_about_now_never_is() {
    let world = World::new();
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    world.store_events(&[event(&at("10:00:00"), "old")]).await;
    let path = format!("/v1/events/histogram?{DAY}");
    let first = platform.answer(&path).await;
    world.events.fail_all(PortError::Unavailable { what: "store", reason: "gone".into() });
    assert_eq!(platform.answer(&path).await, first);
    assert_eq!(platform.get("/v1/events").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_same_events_are_answered_over_grpc() {
    let platform = Platform::start().await;
    let all: Vec<_> =
        (0..5).map(|second| event(&at(&format!("10:00:0{second}")), &format!("line {second}"))).collect();
    platform.store_events(&all).await;
    let mut client = EventsClient::new(platform.channel().await);
    let time = |text: &str| {
        let at: Timestamp = text.parse().unwrap();
        Some(prost_types::Timestamp { seconds: at.as_micros() / 1_000_000, nanos: 0 })
    };
    let query = || {
        Some(v1::EventQuery {
            query: "service=shop".into(),
            from: time(&at("00:00:00")),
            to: time(&at("23:00:00")),
        })
    };
    let find = |page_token| v1::FindEventsRequest { query: query(), order: 2, page_size: 3, page_token };
    let first = client.find(find(String::new())).await.unwrap().into_inner();
    let second = client.find(find(first.next_page_token.clone())).await.unwrap().into_inner();
    let found: Vec<_> =
        first.events.into_iter().chain(second.events).map(|event| Event::try_from(event).unwrap()).collect();
    assert_eq!(found, all);
    assert_eq!((second.next_page_token, second.partial), (String::new(), String::new()));

    let get = v1::GetEventRequest { id: all[2].id.to_string(), around: 1 };
    let around = client.get(get).await.unwrap().into_inner();
    assert_eq!((around.before[0].message.as_str(), around.after[0].message.as_str()), ("line 1", "line 3"));

    let bars = v1::EventHistogramRequest { query: query(), bars: 1, ..v1::EventHistogramRequest::default() };
    let bars = client.histogram(bars).await.unwrap().into_inner().bars;
    assert_eq!(bars[0].levels, [v1::LevelCount { level: v1::Level::Info.into(), events: 5 }]);

    let top = v1::TopValuesRequest { query: query(), field: "ctx.user".into(), limit: 0 };
    let top = client.top(top).await.unwrap().into_inner();
    assert_eq!(top.values, [v1::ValueCount { value: "ann".into(), events: 5 }]);

    let mut follow = soon(client.follow(v1::FollowEventsRequest { query: "shop OR line".into() }))
        .await
        .unwrap()
        .into_inner();
    platform.publish_events(&all[..1]).await;
    let message = soon(follow.message()).await.unwrap().unwrap();
    assert_eq!((message.events.len(), message.skipped), (1, 0));

    let wrong = v1::FollowEventsRequest { query: "(".into() };
    let refused = client.follow(wrong).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().starts_with("query: "), "{refused}");
    let none = v1::GetEventRequest { id: EventId::given("none").to_string(), around: 0 };
    assert_eq!(client.get(none).await.unwrap_err().code(), Code::NotFound);
    let late = v1::FindEventsRequest { page_token: "x".into(), ..v1::FindEventsRequest::default() };
    assert!(client.find(late).await.unwrap_err().message().starts_with("page_token: "));
}
