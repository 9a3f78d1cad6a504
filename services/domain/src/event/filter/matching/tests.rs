//! What each kind of term selects.

use crate::event::{EventFilter, EventId, Fields};
use crate::{Event, Level, Timestamp};
use serde_json::{Value, json};

fn event(fields: Value) -> Event {
    Event {
        id: EventId::given("order-17"),
        occurred_at: Timestamp::MIN,
        level: Level::Warn,
        service: "shop".to_owned(),
        host: "web-1".to_owned(),
        message: "Request timed out\nafter 3 s".to_owned(),
        fields: match fields {
            Value::Object(fields) => fields,
            _ => Fields::new(),
        },
    }
}

fn selects(query: &str, event: &Event) -> bool {
    let filter: EventFilter = query.parse().unwrap_or_else(|error| panic!("{query}: {error}"));
    filter.matches(event)
}

/// Checks that all of `selecting` select the event, and none of `others` do.
fn check(event: &Event, selecting: &[&str], others: &[&str]) {
    for query in selecting {
        assert!(selects(query, event), "{query} does not select {event:?}");
        assert!(!selects(&format!("-({query})"), event), "{query} and its negation select");
    }
    for query in others {
        assert!(!selects(query, event), "{query} selects {event:?}");
        assert!(selects(&format!("-({query})"), event), "neither {query} nor its negation select");
    }
}

#[test]
fn text_is_found_in_the_message_in_upper_or_lower_case_and_nowhere_else() {
    let event = event(json!({"path": "/cart"}));
    check(
        &event,
        &["timed", "TIMED", "\"timed out\"", "im", "\"out\nafter\"", "*imed*", "*"],
        &["cart", "shop", "\"timed  out\"", "timedout", "-*"],
    );
}

#[test]
fn case_does_not_count_in_any_script() {
    let mut event = event(json!({}));
    event.message = "ÄRGER im Κήπος, Ошибка".to_owned();
    check(&event, &["ärger", "ÄRGER", "κήπ", "ошибка", "IM"], &["arger", "ошибок"]);
}

#[test]
fn a_value_is_found_exactly_or_by_its_parts_or_by_an_expression() {
    let event = event(json!({"path": "/api/v2/carts", "agent": "curl/8 (x86)", "a": "a*b", "e": ""}));
    check(
        &event,
        &[
            "path=/api/v2/carts",
            "path=/api/*",
            "path=*carts",
            "path=/*v2*s",
            "path=*",
            "path=~v[0-9]/",
            "path=~\"^/api\"",
            "path!=/api",
            "path!~\"^api\"",
            "agent=\"curl/8 (\"*",
            "a=\"a*b\"",
            "e=\"\"",
            "e=*",
            "message=~\"timed.*after\"",
        ],
        &[
            "path=/API/v2/carts",
            "path=/api",
            "path=api*",
            "path=/api/v2/carts*s",
            "a=\"a*\"",
            "path!=/api/*",
            "none=\"\"",
        ],
    );
}

#[test]
fn a_number_and_its_text_are_the_same() {
    for status in [json!(500), json!("500")] {
        check(
            &event(json!({"status": status})),
            &[
                "status=500",
                "status=5*",
                "status>=500",
                "status<500.5",
                "status>499",
                "status<=500",
                "status>-1",
            ],
            &["status=50", "status>500", "status<500", "status=500.0"],
        );
    }
    check(
        &event(json!({"n": -1.5, "big": 18_446_744_073_709_551_615_u64})),
        &["n<-1", "n=-1.5", "big>1e19"],
        &["n>=0"],
    );
}

#[test]
fn what_is_no_number_passes_no_comparison() {
    for value in [
        json!("slow"),
        json!(true),
        json!(null),
        json!({"a": 9}),
        json!("NaN"),
        json!("inf"),
        json!(""),
        json!([]),
    ] {
        check(&event(json!({"n": value})), &[], &["n>0", "n<=0", "n<0", "n>=0"]);
    }
}

#[test]
fn levels_compare_by_severity_and_an_unknown_one_by_none() {
    let mut event = event(json!({}));
    check(
        &event,
        &[
            "level>=warn",
            "level>info",
            "level<=warn",
            "level<error",
            "level=warn",
            "level=WARNING",
            "level=~\"warn|error\"",
            "level=*",
        ],
        &["level>warn", "level>=error", "level=error", "level!=warn", "level=unknown"],
    );
    event.level = Level::Unknown;
    check(
        &event,
        &["level=unknown", "level!=warn", "-level=*"],
        &["level>=trace", "level<=emergency", "level=*"],
    );
}

/// Report 31: SQL's NULL would hide them.
#[test]
fn a_negated_term_selects_events_without_the_field() {
    let mut event = event(json!({"path": null}));
    event.service = String::new();
    event.host = String::new();
    check(
        &event,
        &[
            "-service=shop",
            "service!=shop",
            "NOT service=shop",
            "service!~shop",
            "-status>=500",
            "path!=/health",
            "-service=*",
            "service=\"\"",
            "host!=web-*",
        ],
        &["service=*", "service=shop", "service!=\"\"", "path=*", "path=null", "status=\"\""],
    );
}

/// Report 12.
#[test]
fn a_field_that_changes_its_type_is_found_by_its_name_in_each_of_them() {
    for job in [json!("backup"), json!({"id": 7}), json!(7), json!(false), json!(["a"]), json!({})] {
        check(&event(json!({"job": job})), &["job=*"], &["-job=*"]);
    }
    check(&event(json!({"job": "backup"})), &["job=backup"], &["job.id=7"]);
    check(&event(json!({"job": {"id": 7}})), &["job.id=7", "job.id>6"], &["job=7", "job=backup"]);
    check(&event(json!({"job": false})), &["job=false"], &["job=true"]);
    check(&event(json!({"job": null})), &["-job=*"], &["job=*", "job=null"]);
    check(&event(json!({"job": []})), &[], &["job=*"]);
}

#[test]
fn a_list_has_each_of_its_items_also_in_objects() {
    let event = event(
        json!({"tags": ["a", 7, ["deep"]], "items": [{"sku": "A-7"}, {"sku": "B", "parts": [{"n": 3}]}]}),
    );
    check(
        &event,
        &[
            "tags=a",
            "tags=7",
            "tags>6",
            "tags=deep",
            "items.sku=B",
            "items.sku=A-*",
            "items.parts.n=3",
            "items=*",
        ],
        &["tags=b", "items.sku=C", "items.n=3"],
    );
}

#[test]
fn a_path_may_have_dots_in_its_names_anywhere() {
    let event = event(json!({
        "http.status": 500,
        "a": {"b.c": {"d": 1}, "b": {"x": 2}},
        "a.b": {"y": 3},
        "with blank": "v",
        "": "empty",
    }));
    check(
        &event,
        &["http.status=500", "a.b.c.d=1", "a.b.x=2", "a.b.y=3", "a.b=*", "\"with blank\"=v", "\"\"=empty"],
        &["http=*", "a.b.c=1", "a.b.z=*", "a..b=*", ".=*"],
    );
}

#[test]
fn a_field_named_like_a_part_of_every_event_is_reached_too() {
    let event = event(json!({"level": ["x"], "fields": {"n": 1}}));
    check(
        &event,
        &["fields.level=x", "level=warn", "fields.n=1"],
        &["fields.level=warn", "fields.service=*"],
    );
}

#[test]
fn an_event_is_found_by_its_id_and_by_the_one_that_its_producer_gave() {
    let event = event(json!({}));
    let id = event.id.to_string();
    let upper = format!("id={}", id.to_uppercase());
    check(&event, &[&format!("id={id}"), &upper, "id=order-17", "id=*"], &["id=order-18", "id!=order-17"]);
}

#[test]
fn terms_side_by_side_bind_more_strongly_than_or() {
    let event = event(json!({}));
    check(
        &event,
        &[
            "none level=error OR service=shop",
            "service=shop OR none level=error",
            "service=shop AND (none OR timed)",
            "NOT none timed",
        ],
        &[
            "(service=shop OR none) level=error",
            "none OR nothing",
            "NOT (timed OR none)",
            "NOT timed OR none",
        ],
    );
}

#[test]
fn no_terms_select_every_event() {
    check(&event(json!({})), &["*"], &[]);
    assert!(selects("", &event(json!({}))) && selects(" \n", &event(json!({}))));
}
