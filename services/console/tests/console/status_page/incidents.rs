//! Incidents and maintenance on a status page.

use super::stage::{PRIVATE, Stage, incident, maintenance, minutes_ago, probe, update};
use crate::markup::elements;
use crate::visit::get;
use watchkeeper_domain::{Incident, IncidentStatus};

const PAGE: &str = "/status/customers";

#[tokio::test]
async fn open_incidents_come_first_with_their_updates_newest_first() {
    let stage = Stage::with([probe("shop", "up")]).await;
    let mut open = incident("a");
    open.updates.push(update(
        minutes_ago(5),
        IncidentStatus::Identified,
        "A disk is full.\n\nSee https://example.org/x.",
    ));
    stage.announce([open]).await;
    let page = get(&stage.open, PAGE).await;
    page.assert_has("1 open incident");
    page.assert_has("The shop is slow (a)</h3>");
    page.assert_has("Affected: Web shop");
    page.assert_has(r#"<p>See <a href="https://example.org/x" rel="nofollow noopener noreferrer">https://example.org/x</a>.</p>"#);
    let at = |text: &str| page.body.find(text).unwrap();
    assert!(at("A disk is full.") < at("We are looking into it."));
    assert!(at("The shop is slow") < at("Web shop</h3>"), "before the services");
    page.assert_lacks("secret author");
    get(&stage.open, "/status/customers.json").await.assert_lacks("secret author");
}

#[tokio::test]
async fn resolved_incidents_are_listed_by_day_and_those_of_other_pages_not_at_all() {
    let stage = Stage::with([probe("shop", "up")]).await;
    let mut resolved = incident("a");
    resolved.updates.push(update(minutes_ago(1), IncidentStatus::Resolved, "Fast again."));
    let other = Incident { pages: vec![PRIVATE.into()], ..incident("other") };
    stage.announce([resolved, other]).await;
    let page = get(&stage.open, PAGE).await;
    page.assert_has("All systems operational");
    let at = |text: &str| page.body.find(text).unwrap();
    assert!(at("Past incidents") < at("The shop is slow (a)"));
    page.assert_lacks("(other)");
    get(&stage.open, "/status/staff").await.assert_has("(other)");
}

#[tokio::test]
async fn what_is_down_while_it_is_worked_on_is_in_maintenance() {
    let stage = Stage::with([probe("shop", "down"), probe("blog", "up")]).await;
    stage.announce([maintenance("disks", "Web shop")]).await;
    let page = get(&stage.open, PAGE).await;
    page.assert_has("Maintenance in progress");
    page.assert_has("</span>Maintenance</p>");
    page.assert_lacks("</span>Down</p>");

    let other = Stage::with([probe("shop", "down"), probe("blog", "up")]).await;
    other.announce([maintenance("disks", "blog")]).await;
    get(&other.open, PAGE).await.assert_has("1 of 2 services is down");

    let group = Stage::with([probe("shop", "down")]).await;
    group.announce([maintenance("disks", "web")]).await;
    get(&group.open, PAGE).await.assert_has("Maintenance in progress");
}

#[tokio::test]
async fn no_more_ended_incidents_are_shown_than_fit() {
    let stage = Stage::with([probe("shop", "up")]).await;
    let ended = |number: u32| {
        let updates = vec![update(minutes_ago(number), IncidentStatus::Resolved, "Over.")];
        Incident { updates, ..incident(&format!("n{number:02}")) }
    };
    stage.announce((1..=31).map(ended)).await;
    let page = get(&stage.open, PAGE).await;
    assert_eq!(page.body.matches("<article").count(), 30);
    page.assert_has("(n30)");
    page.assert_lacks("(n31)");
    page.assert_has("Older incidents are not shown.");
}

#[tokio::test]
async fn markup_and_other_schemes_in_incidents_are_shown_as_text() {
    let attack = "</p><script>alert(1)</script> javascript:alert(1) https://a.test/\"onclick=x";
    let stage = Stage::with([probe("shop", "up")]).await;
    let hostile = Incident {
        title: attack.into(),
        affected: vec![attack.into()],
        updates: vec![update(minutes_ago(1), IncidentStatus::Monitoring, attack)],
        ..incident("a")
    };
    stage.announce([hostile]).await;
    for path in [PAGE, "/status/customers/feed.atom"] {
        let answer = get(&stage.open, path).await;
        answer.assert_has("&#60;script&#62;alert(1)");
        answer.assert_lacks("<script");
        for element in elements(&answer.body) {
            assert!(element.attributes.iter().all(|(name, _)| !name.starts_with("on")), "{path}");
            let link = element.attribute("href").unwrap_or("/");
            let is_known = ["/", "#", "mailto:help@", "http://watch.example", "https://a.test"];
            assert!(is_known.iter().any(|start| link.starts_with(start)), "{path}: {link}");
        }
    }
}
