//! The OpenAPI document matches the served routes.

use crate::events::event;
use crate::notifications::{notify, states};
use crate::platform::{Platform, alert, at, ports, rules, sample, soon};
use crate::rollups::{rolled_up, rollup};
use crate::schema::{Document as Described, assert_described};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use utoipa::OpenApi as _;
use watchkeeper_api::{Api, ApiConfig};
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_domain::{Severity, Timestamp};
use watchkeeper_letters::Letters;
use watchkeeper_ports::Consumers;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::token::{self, Tokens};
use watchkeeper_runtime::http::{Access, Limits, Listener};
use watchkeeper_test_kit::World;

/// All routes.
const ROUTES: [(&str, &str); 40] = [
    ("delete", "/v1/dead-letters/runs/{id}"),
    ("delete", "/v1/series"),
    ("delete", "/v1/silences/{id}"),
    ("get", "/openapi.json"),
    ("get", "/v1/alerts"),
    ("get", "/v1/dead-letters"),
    ("get", "/v1/dead-letters/runs"),
    ("get", "/v1/dead-letters/runs/{id}"),
    ("get", "/v1/dead-letters/{id}"),
    ("get", "/v1/events"),
    ("get", "/v1/events/counts"),
    ("get", "/v1/events/export"),
    ("get", "/v1/events/fields"),
    ("get", "/v1/events/histogram"),
    ("get", "/v1/events/stream"),
    ("get", "/v1/events/top"),
    ("get", "/v1/events/values"),
    ("get", "/v1/events/{id}"),
    ("get", "/v1/incidents"),
    ("get", "/v1/latest"),
    ("get", "/v1/notifications"),
    ("get", "/v1/range"),
    ("get", "/v1/reports"),
    ("get", "/v1/reports/{name}"),
    ("get", "/v1/rollups"),
    ("get", "/v1/rules"),
    ("get", "/v1/rules/{name}/explain"),
    ("get", "/v1/samples"),
    ("get", "/v1/series"),
    ("get", "/v1/silences"),
    ("get", "/v1/status"),
    ("get", "/v1/stream"),
    ("post", "/v1/alerts/acknowledge"),
    ("post", "/v1/alerts/unacknowledge"),
    ("post", "/v1/dead-letters/discard"),
    ("post", "/v1/dead-letters/replay"),
    ("post", "/v1/notifications/{id}/retry"),
    ("post", "/v1/incidents"),
    ("post", "/v1/incidents/{id}/updates"),
    ("post", "/v1/silences"),
];

/// A path with its parameters filled in.
fn named(path: &str) -> String {
    path.replace("{id}", "metrics.dead-0-0").replace("{name}", "busy")
}

fn described(document: &Value) -> BTreeSet<(&str, &str)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.as_str(), path.as_str()))
        })
        .collect()
}

#[tokio::test]
async fn every_route_is_described_and_everything_described_is_a_route() {
    let platform = Platform::start().await;
    let document = platform.answer("/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(described(&document), BTreeSet::from(ROUTES));
    for (method, path) in ROUTES {
        let request = Request::builder().method(method.to_uppercase().as_str());
        let request =
            request.uri(format!("{}?no-such-parameter=1", named(path))).body(Body::empty()).unwrap();
        let (status, problem) = platform.send(request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{method} {path} is served: {problem}");
    }
}

#[tokio::test]
async fn every_parameter_that_is_described_is_taken_as_in_its_example() {
    let platform = Platform::start().await;
    let document = platform.answer("/openapi.json").await;
    // Streams do not end, and an event's ID cannot be made up.
    let others = ["/v1/stream", "/v1/events/stream", "/v1/events/{id}"];
    for (_, path) in ROUTES.into_iter().filter(|(method, path)| *method == "get" && !others.contains(path)) {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
            let pair = match (&parameter["name"], &parameter["example"]) {
                (_, Value::Object(labels)) => {
                    let (name, value) = labels.iter().next().unwrap();
                    format!("{name}={}", value.as_str().unwrap())
                }
                // A page token cannot be made up.
                (_, Value::Null) => continue,
                // `from` is before now, and `to` is after what `from` is then.
                (name, Value::String(text)) => format!("{}={text}", name.as_str().unwrap()),
                (name, number) => format!("{}={number}", name.as_str().unwrap()),
            };
            let (status, body) = platform.get(&format!("{}?{pair}", named(path))).await;
            assert_eq!(status, StatusCode::OK, "{path}?{pair}: {body}");
        }
    }
}

#[tokio::test]
async fn every_operation_says_what_it_refuses() {
    let platform = Platform::start().await;
    let document = platform.answer("/openapi.json").await;
    for (method, path) in ROUTES {
        let operation = &document["paths"][path][method];
        for field in ["summary", "description", "operationId"] {
            assert!(operation[field].is_string(), "{method} {path} has a {field}");
        }
        for status in ["200", "400", "401", "403", "414", "421", "429", "431", "500", "503"] {
            assert!(operation["responses"][status].is_object(), "{method} {path} tells of {status}");
        }
        let problem = &operation["responses"]["400"]["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(problem, "#/components/schemas/Problem");
    }
}

#[tokio::test]
async fn answers_are_as_their_schemas_say() {
    let platform = Platform::start().await;
    let recent = Timestamp::now().to_string();
    let samples =
        [sample("host", "load", "a", &recent, 1.0), sample("host", "load", "b", &at("10:00:00"), 1.0)];
    platform.store(&samples).await;
    platform.publish(&samples).await;
    let events: Vec<_> = (0..3).map(|number| event(&recent, &format!("line {number}"))).collect();
    platform.store_events(&events).await;
    platform.keep(&[rolled_up("host", "load", "a", &[rollup(&at("10:00:00"), 1.0)])]).await;
    let mut cleared = alert("busy", Severity::Warning, "b");
    cleared.cleared_at = Some(cleared.fired_at);
    let inhibitor = alert("host_down", Severity::Critical, "a");
    platform.fire(&[alert("busy", Severity::Warning, "a"), cleared, inhibitor]).await;
    platform.silence("x1", &["rule=busy"]).await;
    notify(&platform, &states()).await;
    let document = Described::new(platform.answer("/openapi.json").await);
    document.assert_whole();
    for (path, uri) in [
        ("/v1/series", "/v1/series?limit=1"),
        ("/v1/latest", "/v1/latest?limit=1"),
        ("/v1/samples", "/v1/samples"),
        ("/v1/range", "/v1/range"),
        ("/v1/rollups", "/v1/rollups?from=2026-01-20T00:00:00Z&to=2026-01-21T00:00:00Z"),
        ("/v1/status", "/v1/status"),
        ("/v1/dead-letters", "/v1/dead-letters"),
        ("/v1/rules", "/v1/rules"),
        ("/v1/rules/{name}/explain", "/v1/rules/busy/explain"),
        ("/v1/alerts", "/v1/alerts?limit=2"),
        ("/v1/silences", "/v1/silences?ended=true"),
        ("/v1/incidents", "/v1/incidents?ended=true"),
        ("/v1/notifications", "/v1/notifications"),
        ("/v1/events", "/v1/events?limit=1"),
        ("/v1/events/{id}", &format!("/v1/events/{}?around=1", events[1].id)),
        ("/v1/events/histogram", "/v1/events/histogram"),
        ("/v1/events/top", "/v1/events/top?field=status"),
        ("/v1/events/fields", "/v1/events/fields"),
        ("/v1/events/values", "/v1/events/values"),
        ("/v1/events/counts", "/v1/events/counts"),
        ("/v1/reports", "/v1/reports"),
        ("/v1/reports/{name}", "/v1/reports/busy"),
    ] {
        let answer = platform.answer(uri).await;
        assert_described(&document.answer_schema("get", path, "200"), &answer, path);
        let (_, problem) = platform.get(&format!("{}?no-such-parameter=1", named(path))).await;
        assert_described(&document.answer_schema("get", path, "400"), &problem, path);
    }
    for path in ["/v1/dead-letters/replay", "/v1/dead-letters/discard"] {
        let (_, run) = platform.post(path, &json!({ "all": true })).await;
        assert_described(&document.answer_schema("post", path, "200"), &run, path);
        assert_described(&document.answer_schema("post", path, "202"), &run, path);
        let run = format!("/v1/dead-letters/runs/{}", run["id"].as_str().unwrap());
        let of_id = "/v1/dead-letters/runs/{id}";
        assert_described(&document.answer_schema("get", of_id, "200"), &platform.answer(&run).await, of_id);
        assert_described(
            &document.answer_schema("delete", of_id, "200"),
            &platform.delete(&run).await.1,
            of_id,
        );
    }
    let runs = "/v1/dead-letters/runs";
    assert_described(&document.answer_schema("get", runs, "200"), &platform.answer(runs).await, runs);
    let silence = json!({ "id": "x2", "matchers": ["rule=busy"], "duration": "2h", "created_by": "ops" });
    for status in ["201", "200"] {
        let (_, answer) = platform.post("/v1/silences", &silence).await;
        assert_described(&document.answer_schema("post", "/v1/silences", status), &answer, status);
    }
    let incident = json!({ "id": "x2", "title": "slow", "text": "We are looking into it.", "by": "ops" });
    for status in ["201", "200"] {
        let (_, answer) = platform.post("/v1/incidents", &incident).await;
        assert_described(&document.answer_schema("post", "/v1/incidents", status), &answer, status);
    }
    let (_, answer) = platform.post("/v1/incidents/x2/updates", &json!({ "text": "Found it." })).await;
    let of_update = "/v1/incidents/{id}/updates";
    assert_described(&document.answer_schema("post", of_update, "200"), &answer, of_update);
    let (_, answer) = platform.delete("/v1/silences/x2").await;
    assert_described(&document.answer_schema("delete", "/v1/silences/{id}", "200"), &answer, "ended");
    let (_, answer) = platform.delete("/v1/series?source=host").await;
    assert_eq!(answer["samples"], 2, "{answer}");
    assert_described(&document.answer_schema("delete", "/v1/series", "200"), &answer, "deleted");
}

#[tokio::test]
async fn what_refuses_unknown_fields_says_so_and_an_answer_may_grow() {
    let platform = Platform::start().await;
    let document = platform.answer("/openapi.json").await;
    let schema = |name: &str| &document["components"]["schemas"][name];
    for (path, name, body) in [
        ("/v1/dead-letters/replay", "DeadLettersRequest", json!({ "all": true })),
        (
            "/v1/silences",
            "SilenceRequest",
            json!({ "matchers": ["rule=busy"], "duration": "2h", "created_by": "ops" }),
        ),
    ] {
        let asked = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(asked["$ref"], format!("#/components/schemas/{name}"));
        assert_eq!(schema(name)["additionalProperties"], false, "{name}");
        assert!(platform.post(path, &body).await.0.is_success(), "{path}");
        let mut more = body;
        more["no_such_field"] = json!(1);
        assert_eq!(platform.post(path, &more).await.0, StatusCode::BAD_REQUEST, "{path}");
    }
    for name in ["Problem", "SampleJson", "SeriesList"] {
        assert!(schema(name).is_object() && schema(name)["additionalProperties"] != false, "{name}");
    }
}

/// The status of the response of the listener at `address` to these bytes.
async fn status_of(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    while !answer.contains(&b'\n') {
        let length = soon(stream.read(&mut part)).await.unwrap();
        assert!(length > 0, "{}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..length]);
    }
    let line = String::from_utf8_lossy(&answer).into_owned();
    line.strip_prefix("HTTP/1.1 ").unwrap()[..3].to_owned()
}

#[tokio::test]
async fn every_status_that_a_listener_gives_is_described() {
    let platform = Platform::start().await;
    let document = platform.answer("/openapi.json").await;
    let (_, sha256) = token::generate().unwrap();
    let tokens = format!("[[token]]\nname = \"a\"\nscopes = [\"read\"]\nsha256 = \"{sha256}\"\n");
    let tokens = Access::new(Document::parse("test.toml", &tokens).unwrap().read(Tokens::read).unwrap());
    let serve = async |access: Access| {
        let world = World::new();
        let platform = Platform::on(ports(&world), ApiConfig::default(), &access);
        let listener = Listener::bind("http.listen", "127.0.0.1:0".parse().unwrap(), &access).await.unwrap();
        let address = listener.address();
        let stop = platform.context.shutdown().clone();
        tokio::spawn(listener.serve(platform.http.clone(), Limits::default(), stop));
        (address, platform, world)
    };
    let (open, guarded) = (serve(Access::open()).await, serve(tokens).await);
    let (series, silences) = (("get", "/v1/series"), ("post", "/v1/silences"));
    let get = |query: &str, headers: &str| format!("GET /v1/series{query} HTTP/1.1\r\n{headers}\r\n");
    let post = |headers: &str| format!("POST /v1/silences HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
    let json = "content-type: application/json\r\n";
    let (long, host) = ("x".repeat(65_536), "host: localhost\r\n");
    for (route, address, request, expected) in [
        (series, open.0, get("", host), &["200"][..]),
        (series, open.0, get("?x=1", host), &["400"]),
        (series, guarded.0, get("", host), &["401"]),
        (series, open.0, get("", "host: rebound.example\r\n"), &["421"]),
        // Which one depends on how much of it has come when it is looked at.
        (series, open.0, get(&format!("?x={long}"), host), &["414", "431"]),
        (series, open.0, get("", &format!("{host}x: {long}\r\n")), &["431"]),
        (series, open.0, get("", &format!("{host}{}", "x: y\r\n".repeat(Limits::HEADERS))), &["431"]),
        (silences, open.0, post(&format!("{json}content-length: 2\r\n")) + "{}", &["400"]),
        (silences, open.0, post(&format!("{json}content-length: 2000000\r\n")), &["413"]),
        (silences, open.0, post("content-type: text/plain\r\ncontent-length: 2\r\n") + "{}", &["415"]),
        (silences, open.0, post("sec-fetch-site: cross-site\r\ncontent-length: 0\r\n"), &["403"]),
    ] {
        let status = status_of(address, &request).await;
        let what = format!("{route:?}: {}", &request[..request.len().min(200)]);
        assert!(expected.contains(&status.as_str()), "{status}, not {expected:?}: {what}");
        let (method, path) = route;
        let described = &document["paths"][path][method]["responses"];
        assert!(described[&status].is_object(), "{status} is described: {what}");
    }
}

#[tokio::test]
async fn the_routes_of_another_role_can_be_described_too() {
    #[utoipa::path(post, path = "/v1/samples", responses((status = 200, description = "Taken.")))]
    #[expect(dead_code, reason = "only its description is used")]
    fn send_samples() {}
    #[derive(utoipa::OpenApi)]
    #[openapi(paths(send_samples))]
    struct Elsewhere;

    let mut platform = Platform::start().await;
    let context = RoleContext::detached("api");
    let (ports, letters) = (platform.ports.clone(), Letters::new(platform.ports.bus.clone()));
    let rules = Reloadable::new(rules());
    let api = Api::new(context, ApiConfig::default(), ports, letters, rules, Consumers::default()).unwrap();
    platform.http = api.with_openapi(Elsewhere::openapi()).router(&Access::open());
    let document = platform.answer("/openapi.json").await;
    let samples = document["paths"]["/v1/samples"].as_object().unwrap();
    assert_eq!(samples.keys().collect::<Vec<_>>(), ["get", "post"]);
}
