//! The guide for moving over from the previous platform, step by step, beside that platform's services.

use crate::before::Before;
use crate::guide::toml_of;
use crate::patience::{so, wait_for};
use crate::running::{agent, watchkeeper};
use crate::stack::Engine;
use crate::world::World;
use std::collections::BTreeMap;

const STARS: (&str, &str) = ("GitHub", "stargazers_count");
const SERIES: &str = r#"GitHub/stargazers_count{repository="golang/go"}"#;

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn each_step_of_the_guide_for_moving_over_works_beside_the_services_before() {
    let world = World::with_engines();
    let mut before = Before::on(&world.stack);
    before.fill_table();
    let mut host = world.host("host");
    host.configure(&configuration(&host.url("api")));
    let repository = BTreeMap::from([("repository".to_owned(), "golang/go".to_owned())]);

    // 1. The persister, and what the old table has.
    host.start(&["persister"]);
    host.wait_until_ready();
    before.publish(STARS.0, STARS.1, 100.0, &repository);
    wait_for("the new record", || {
        let newest = world.kept.newest(STARS.0);
        so(newest.get(SERIES) == Some(&100.0), newest)
    });
    let first = migrated(&world);
    assert!(first.contains("cached"), "what is not taken is said: {first}");
    migrated(&world);
    let rows = before.read_by_sql(STARS.0, STARS.1);
    assert_eq!((rows.len(), rows[0].0, rows[1].0), (25, 100.0, 73.0), "{rows:?}");
    assert!(rows.iter().all(|(_, labels)| labels == r#"{"repository": "golang/go"}"#), "{rows:?}");
    assert_eq!(before.read_by_sql("Other", "without_labels"), [(7.0, "{}".to_owned())]);

    // 2. The api, asked by the old analytics.
    host.start(&["api"]);
    let values = before.ask_api(&host.grpc(8461), STARS.0, STARS.1);
    assert_eq!((values.len(), values[0], values[24]), (25, 100.0, 96.0), "{values:?}");

    // 3. The cache, asked by the old collector.
    host.start(&["cache"]);
    host.wait_until_ready();
    wait_for("the latest value", || {
        let latest = world.kept.latest(STARS.0);
        so(latest.get(SERIES) == Some(&100.0), latest)
    });
    let cache = host.grpc(8464);
    assert!(!before.collect(&cache, STARS.0, STARS.1, 101.0), "it publishes what the cache has");
    assert!(
        before.collect(&cache, "OpenWeatherMap", "temperature_celsius", 17.0),
        "it polls what is not there"
    );

    // 4. Analytics, over what was taken from the old table.
    host.start(&["analytics"]);
    wait_for("the rollups of the old hours", || {
        let hours = world.kept.hours(SERIES);
        so(hours.len() >= 24, hours)
    });

    // 5. The notifier: the old collector's stars rise, on whichever partition.
    host.start(&["notifier"]);
    host.wait_until_ready();
    before.publish(STARS.0, STARS.1, 101.0, &repository);
    wait_for("the mail", || {
        let notifications = world.kept.notifications();
        let is_told =
            notifications.iter().any(|told| told.subject.contains("more_stars") && told.state == "delivered");
        so(is_told, notifications)
    });
    wait_for("the newest record", || {
        let newest = world.kept.newest(STARS.0);
        so(newest.get(SERIES) == Some(&101.0), newest)
    });
    let newest = world.kept.newest(STARS.0);
    assert_eq!(newest.keys().collect::<Vec<_>>(), [SERIES], "a copy is not stored");

    // 6. What posts samples.
    host.start(&["ingest"]);
    host.wait_until_ready();
    let posted = r#"[{"Source":"shop","Name":"orders","Value":3,"Labels":null}]"#;
    let url = format!("{}/api/v1/metrics", host.role("ingest").url());
    let mut answer = agent().post(url).content_type("application/json").send(posted).unwrap();
    assert_eq!(answer.status().as_u16(), 202);
    assert_eq!(answer.body_mut().read_to_string().unwrap(), "Metrics accepted");

    // 7. The collector, in the place of the old one.
    host.start(&["collector"]);
    wait_for("what the panel of the old dashboard asks for", || {
        let rows = before.read_by_sql("UptimeChecker", "availability_percent");
        so(rows.first() == Some(&(100.0, r#"{"site": "google.com"}"#.to_owned())), rows)
    });
    host.stop(&host.running());
}

/// What the guide configures beside the engines, with a site that is there, and without what is not.
fn configuration(site: &str) -> String {
    let (rule, collector) = (toml_of("5."), toml_of("7."));
    let before = toml_of("Before");
    let names = before.split_once("[compatibility]").unwrap().1;
    let uptime = collector.split_once("[[collector.uptime]]").unwrap().1;
    let uptime = uptime.replace("https://www.google.com/", &format!("{site}/livez"));
    format!("[compatibility]{names}{rule}[[collector.uptime]]{uptime}interval = \"5s\"\njitter = \"0s\"\n")
}

/// What the command says that takes the old table over.
fn migrated(world: &World) -> String {
    let postgres = world.stack.url(Engine::Postgres);
    let mut command = watchkeeper(["migrate", "--from", postgres, "--to", postgres]);
    let output = command.args(["--to", world.stack.url(Engine::Mongodb)]).output().unwrap();
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{error}");
    format!("{said}{error}")
}
