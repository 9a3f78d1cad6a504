//! The API and the pages on the same ports, as in two processes: both show the same.

use crate::away::away;
use crate::platform::{Platform, alert, at, consumers, ports, rules, sample, soon};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;
use watchkeeper_api::{ApiConfig, ApiPorts};
use watchkeeper_config::Reloadable;
use watchkeeper_console::{Console, ConsolePorts, PAGE_SERIES};
use watchkeeper_domain::{Alert, Sample, Severity, Silence, Timestamp};
use watchkeeper_letters::Letters;
use watchkeeper_ports::{BatchBuilder, Group, Record, Topic, TopicPartition};
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::{BusEvent, World, unavailable};
use watchkeeper_wire::dead_letter::{DeadLetter, Place, Settlement};

/// The API, and the pages of another process.
struct Both {
    platform: Platform,
    pages: Router,
}

impl Both {
    fn on(world: &World) -> Self {
        let ports = ports(world);
        let ApiPorts {
            bus,
            samples,
            latest,
            rollups,
            alerts,
            notifications,
            silences,
            incidents,
            events,
            answers,
            ..
        } = ports.clone();
        let letters = Letters::new(Arc::clone(&bus));
        let asked = ConsolePorts {
            bus,
            samples,
            latest,
            rollups,
            alerts,
            notifications,
            silences,
            incidents,
            events,
            answers,
        };
        let console = Console::new(
            RoleContext::detached("console"),
            asked,
            letters,
            Reloadable::new(rules()),
            consumers(),
        );
        let pages = console.router(&Access::open());
        tokio::spawn(console.run());
        Self { platform: Platform::on(ports, ApiConfig::default(), &Access::open()), pages }
    }

    async fn page(&self, path: &str) -> String {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (head, body) = soon(self.pages.clone().oneshot(request)).await.unwrap().into_parts();
        let body = soon(body.collect()).await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(head.status, StatusCode::OK, "{body}");
        body
    }

    async fn status(&self, path: &str) -> StatusCode {
        let request = Request::get(path).body(Body::empty()).unwrap();
        soon(self.pages.clone().oneshot(request)).await.unwrap().status()
    }

    /// The latest values on all pages of the API and of the console, which must be the same.
    async fn latest(&self) -> Vec<f64> {
        let limit = format!("limit={PAGE_SERIES}");
        let (mut question, mut address) = (format!("/v1/latest?{limit}"), "/explore".to_owned());
        let mut all = Vec::new();
        loop {
            let (answer, page) = (self.platform.answer(&question).await, self.page(&address).await);
            let values = |sample: &Value| sample["value"].as_f64().unwrap();
            let answered: Vec<_> = answer["samples"].as_array().unwrap().iter().map(values).collect();
            assert_eq!(values_on(&page), answered, "{address}");
            all.extend(answered);
            match (answer["next_page"].as_str(), after(&page, "\" rel=\"next\"", "href=\"")) {
                (Some(next), Some(link)) => {
                    (question, address) = (format!("/v1/latest?{limit}&page={next}"), link);
                }
                ends => {
                    assert_eq!(ends, (None, None), "{address}");
                    return all;
                }
            }
        }
    }

    /// The value of the API and of the page of one series, which must be the same.
    async fn latest_of(&self, host: &str) -> Vec<f64> {
        let series = format!("source=host&name=load&label.host={host}");
        let answer = self.platform.answer(&format!("/v1/latest?{series}")).await;
        let answered: Vec<_> =
            answer["samples"].as_array().unwrap().iter().filter_map(|one| one["value"].as_f64()).collect();
        let shown = values_on(&self.page(&format!("/series?{series}")).await);
        assert_eq!(shown, answered, "{host}");
        answered
    }
}

/// What stands before `end`, back to the nearest `begin`, with its ampersands as they are in an address.
fn after(page: &str, end: &str, begin: &str) -> Option<String> {
    let (before, _) = page.split_once(end)?;
    let (_, found) = before.rsplit_once(begin)?;
    Some(found.replace("&#38;", "&"))
}

/// The latest values on a page, from their machine-readable attributes.
fn values_on(page: &str) -> Vec<f64> {
    let all = page.split("<data value=\"").skip(1);
    all.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
}

/// What of a page stands between the two.
fn part<'p>(page: &'p str, begin: &str, end: &str) -> &'p str {
    page.split_once(begin).unwrap_or_else(|| panic!("{begin} is in {page}")).1.split(end).next().unwrap()
}

fn load(host: usize, value: f64) -> Sample {
    sample("host", "load", &format!("{host:03}"), &at("10:00:00"), value)
}

#[tokio::test]
async fn the_page_and_the_api_give_the_same_latest_values_also_after_the_cache_is_lost() {
    let world = World::new();
    let (few, many) = (3, PAGE_SERIES + 2);
    let both = Both::on(&world);
    assert_eq!(both.latest().await, [0.0; 0]);

    // The store has all, a lost cache has none, and one that is being filled has the first few.
    let all: Vec<_> = (0..many).map(|host| load(host, 1.5)).collect();
    world.store(&all).await;
    assert_eq!(both.latest().await, vec![1.5; many]);
    assert_eq!(both.latest_of("001").await, [1.5]);
    let newer: Vec<_> = (0..few)
        .map(|host| Sample { collected_at: at("11:00:00").parse().unwrap(), ..load(host, 2.5) })
        .collect();
    both.platform.cache(&newer).await;
    assert_eq!(both.latest().await, vec![2.5; few]);
    assert_eq!((both.latest_of("001").await, both.latest_of("050").await), (vec![2.5], vec![1.5]));
    both.platform.cache(&all).await;
    assert_eq!(both.latest().await.len(), many);
    let unknown = "source=host&name=load&label.host=999";
    let answer = both.platform.answer(&format!("/v1/latest?{unknown}")).await;
    assert_eq!(answer["samples"].as_array().map(Vec::len), Some(0));
    assert_eq!(both.status(&format!("/series?{unknown}")).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_page_and_the_api_give_the_same_latest_values_while_the_cache_or_the_store_is_away() {
    let world = World::new();
    world.latest.fail_all(away());
    let both = Both::on(&world);
    world.store(&[load(1, 1.5)]).await;
    assert_eq!((both.latest().await, both.latest_of("001").await), (vec![1.5], vec![1.5]));

    world.latest.mend();
    world.samples.fail_all(away());
    both.platform.cache(&[load(2, 2.5)]).await;
    assert_eq!((both.latest().await, both.latest_of("002").await), (vec![2.5], vec![2.5]));

    world.latest.fail_all(away());
    assert_eq!(both.platform.get("/v1/latest").await.0, StatusCode::SERVICE_UNAVAILABLE);
    let page = both.page("/explore").await;
    assert!(part(&page, "<h2 id=\"series-title\"", "</section>").contains("Not shown: "), "{page}");
}

/// What mutes an alert, as shown: rule, host, the silence that ends last, and the rule of the inhibiting alert.
type Standing = (String, String, Option<String>, Option<String>);

fn standing_in_answer(alert: &Value) -> Standing {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let silences = alert["silenced_by"].as_array();
    (
        text(&alert["rule"]).unwrap(),
        text(&alert["series"]["labels"]["host"]).unwrap(),
        silences.and_then(|ids| text(ids.last().unwrap())),
        text(&alert["inhibited_by"]["rule"]),
    )
}

fn standing_on_page(row: &str, page: &str) -> Standing {
    let silence = row.split_once("<a href=\"#silence-").map(|(_, rest)| rest.split('"').next().unwrap());
    let id = silence.map(|place| {
        let silence = part(page, &format!("<tr id=\"silence-{place}\">"), "</tr>");
        part(silence, "<td class=\"id\">", "</td>").to_owned()
    });
    let inhibitor = row.split_once("Inhibited by ").map(|(_, rest)| rest.split(' ').next().unwrap());
    (
        part(part(row, "<th scope=\"row\">", "</th>"), ">", "<").to_owned(),
        part(row, "<span class=\"label\"><span class=\"muted\">host</span> ", "</span>").to_owned(),
        id,
        inhibitor.map(str::to_owned),
    )
}

#[tokio::test]
async fn the_page_and_the_api_agree_on_what_fires_and_what_is_silenced_or_inhibited() {
    let world = World::new();
    let both = Both::on(&world);
    let cleared = Alert { cleared_at: Some(Timestamp::now()), ..alert("busy", Severity::Warning, "d") };
    both.platform
        .fire(&[
            alert("host_down", Severity::Critical, "a"),
            alert("host_down", Severity::Critical, "d"),
            alert("busy", Severity::Warning, "a"),
            alert("busy", Severity::Warning, "b"),
            alert("busy", Severity::Warning, "c"),
            alert("hot", Severity::Info, "b"),
            cleared,
        ])
        .await;
    let short = both.platform.silence("short", &["rule=busy", "host=~b|c"]).await;
    let (id, ends_at) = ("long".to_owned(), short.ends_at.plus(Duration::from_secs(60)));
    both.platform.ports.silences.put(&Silence { id, ends_at, ..short.clone() }).await.unwrap();
    let (id, ends_at) = ("over".to_owned(), short.starts_at);
    let starts_at = ends_at.minus(Duration::from_secs(60));
    both.platform.ports.silences.put(&Silence { id, starts_at, ends_at, ..short }).await.unwrap();

    let answer = both.platform.answer("/v1/alerts?state=firing").await;
    let mut answered: Vec<_> = answer["alerts"].as_array().unwrap().iter().map(standing_in_answer).collect();
    let page = both.page("/alerts").await;
    let firing = part(&page, "<section id=\"firing\"", "</section>");
    let rows = part(firing, "<tbody>", "</tbody>").split("<tr>").skip(1);
    let mut shown: Vec<_> = rows.map(|row| standing_on_page(row, &page)).collect();
    answered.sort();
    shown.sort();
    assert_eq!(shown, answered);
    let of = |rule: &str, host: &str, silence: Option<&str>, inhibitor: Option<&str>| {
        (rule.to_owned(), host.to_owned(), silence.map(str::to_owned), inhibitor.map(str::to_owned))
    };
    let expected = [
        of("busy", "a", None, Some("host_down")),
        of("busy", "b", Some("long"), None),
        of("busy", "c", Some("long"), None),
        of("host_down", "a", None, None),
        of("host_down", "d", None, None),
        of("hot", "b", None, None),
    ];
    assert_eq!(answered, expected);

    let count = both.platform.answer("/v1/status").await["firing_alerts"].as_u64().unwrap();
    assert!(page.contains(&format!(">{count} alerts firing (2 critical)")), "{page}");
}

#[tokio::test]
async fn the_page_and_the_api_count_the_same_dead_letters() {
    let world = World::new();
    let both = Both::on(&world);
    let mut batch = BatchBuilder::default();
    for offset in 0..9 {
        let letter = DeadLetter {
            reason: "sample: is no JSON",
            rejected_by: "persister",
            rejected_at: Timestamp::MIN,
            origin: TopicPartition::new(Topic::METRICS, 0),
            offset,
            record: Record { key: b"host/load", value: b"{", headers: &[], incomplete: None },
        };
        letter.push(&mut batch);
        if offset == 3 {
            letter.push_marker(&mut batch, Settlement::Discarded, Place { partition: 0, offset });
        }
    }
    batch.push(b"neither", b"letter nor marker");
    both.platform.ports.bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
    let (status, list) =
        (both.platform.answer("/v1/status").await, both.platform.answer("/v1/dead-letters").await);
    assert_eq!((&status["dead_letters"], &list["waiting"]), (&8.into(), &8.into()));
    let page = both.page("/system").await;
    assert_eq!(part(&page, "<p><strong>", "</strong> pending"), "8");
    for letter in list["dead_letters"].as_array().unwrap() {
        let id = letter["id"].as_str().unwrap();
        assert!(page.contains(&format!("{id}</th>")), "{id}");
    }
}

#[tokio::test]
async fn the_page_and_the_api_know_the_lag_of_the_same_groups_each_on_its_own() {
    for (away, known) in [
        (Vec::new(), &["persister", "cache", "notifier"][..]),
        (vec![Group::CACHE], &["persister", "notifier"]),
        (consumers().iter().map(|(_, group)| group.clone()).collect(), &[]),
    ] {
        let world = World::new();
        world.bus.refuse_when(move |event| match event {
            BusEvent::AskedLag(group) if away.contains(group) => Some(unavailable("bus")),
            _ => None,
        });
        let both = Both::on(&world);
        both.platform.publish(&[load(1, 1.5), load(2, 1.5)]).await;
        let status = both.platform.answer("/v1/status").await;
        let lag = |one: &Value| {
            (one["group"].as_str().unwrap().to_owned(), one["records"].as_u64().unwrap().to_string())
        };
        let answered: Vec<_> = status["lag"].as_array().into_iter().flatten().map(lag).collect();
        let page = both.page("/system").await;
        let rows = part(&page, "data-part=\"consumers\">", "</tbody>").split("<tr>").skip(1);
        let shown: Vec<_> = rows
            .filter(|row| !row.contains("Not shown: "))
            .map(|row| {
                let (group, behind) =
                    (part(row, "<th scope=\"row\">", "</th>"), part(row, "<td class=\"figure\">", "</td>"));
                (group.to_owned(), behind.to_owned())
            })
            .collect();
        assert_eq!(shown, answered);
        let groups: Vec<_> = answered.iter().map(|(group, _)| group.as_str()).collect();
        assert_eq!(groups, known);
    }
}
