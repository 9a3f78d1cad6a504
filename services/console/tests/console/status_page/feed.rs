//! The Atom feed.

use super::stage::{Stage, incident, minutes_ago, probe, update, with_token};
use crate::markup::elements;
use crate::visit::get;
use watchkeeper_domain::{Incident, IncidentStatus};

const FEED: &str = "/status/customers/feed.atom";

/// The texts between tags of this name.
fn texts<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap()).collect()
}

#[tokio::test]
async fn each_incident_is_one_entry_whose_id_stays_when_it_is_updated() {
    let stage = Stage::with([probe("shop", "up")]).await;
    let first = incident("a");
    let later = Incident {
        updates: [first.updates.clone(), vec![update(minutes_ago(1), IncidentStatus::Resolved, "Over.")]]
            .concat(),
        ..first.clone()
    };
    stage.announce([first.clone()]).await;
    let before = get(&stage.open, FEED).await;
    assert_eq!(before.header("content-type"), "application/atom+xml; charset=utf-8");
    let other = Stage::with([probe("shop", "up")]).await;
    other.announce([later.clone()]).await;
    let after = get(&other.open, FEED).await;
    for feed in [&before, &after] {
        let elements = elements(&feed.body);
        assert_eq!(elements[0].attribute("xmlns"), Some("http://www.w3.org/2005/Atom"));
        assert_eq!(elements.iter().filter(|element| element.name == "entry").count(), 1);
    }
    let ids = texts(&before.body, "id");
    assert_eq!(ids, texts(&after.body, "id"));
    assert!(
        ids.len() == 2 && ids[0] != ids[1] && ids.iter().all(|id| id.starts_with("urn:uuid:")),
        "{ids:?}"
    );
    let updated = |at: &Incident| at.updates.last().unwrap().at.to_string();
    assert_eq!(texts(&before.body, "updated"), [updated(&first), updated(&first)]);
    assert_eq!(texts(&after.body, "updated"), [updated(&later), updated(&later)]);
    assert_eq!(texts(&after.body, "published"), [updated(&first)]);
    after.assert_has("<strong>Resolved</strong>");
    after.assert_lacks("secret author");
}

#[tokio::test]
async fn links_are_absolute_by_the_host_of_the_request_or_the_configured_url() {
    let stage = Stage::with([probe("shop", "up")]).await;
    stage.announce([Incident { pages: Vec::new(), ..incident("a") }]).await;
    let feed = get(&stage.open, FEED).await;
    feed.assert_has(r#"href="http://watch.example:8460/status/customers#incident-a""#);
    feed.assert_has(r#"<link rel="self" type="application/atom+xml" href="http://watch.example:8460/status/customers/feed.atom"/>"#);
    let feed = with_token(&stage.guarded, "/status/staff/feed.atom").await;
    feed.assert_has(r#"href="https://status.example.org/status/staff#incident-a""#);
    feed.assert_lacks("watch.example");
}

#[tokio::test]
async fn a_feed_without_incidents_is_complete() {
    let stage = Stage::with([probe("shop", "up")]).await;
    let feed = get(&stage.open, FEED).await;
    elements(&feed.body);
    assert_eq!((texts(&feed.body, "id").len(), texts(&feed.body, "updated").len()), (1, 1));
    assert_eq!(texts(&feed.body, "title"), ["Example"]);
}
