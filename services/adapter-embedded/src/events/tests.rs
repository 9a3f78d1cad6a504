use super::*;
use std::collections::BTreeSet;
use tempfile::TempDir;
use watchkeeper_domain::event::{Condition, Fields, Test};

/// Events at each instant.
const AT_ONCE: u64 = 10;
const EVENTS: u64 = 1_000;
/// One of so many is rare.
const RARE: u64 = 100;

fn at(number: u64) -> Timestamp {
    Timestamp::MIN.plus(Duration::from_secs(number / AT_ONCE))
}

fn event(number: u64) -> Event {
    let is_rare = number.is_multiple_of(RARE);
    Event {
        id: EventId::given(&number.to_string()),
        occurred_at: at(number),
        level: if is_rare { Level::Error } else { Level::Info },
        service: format!("s{}", number % 2),
        host: String::new(),
        message: if is_rare { "rare" } else { "common" }.to_owned(),
        fields: Fields::from_iter([("number".to_owned(), number.into())]),
    }
}

/// A store in which every search has taken too long as soon as it looks at the clock.
async fn hasty() -> (TempDir, EmbeddedEvents) {
    let dir = tempfile::tempdir().unwrap();
    let store = EmbeddedEvents { search_within: Duration::ZERO, ..EmbeddedEvents::open(dir.path()).unwrap() };
    let events = (0..EVENTS).map(|number| Processed::stored(event(number))).collect();
    store.append(Arc::new(Append::of(events))).await.unwrap();
    (dir, store)
}

fn query(condition: Condition) -> EventQuery {
    EventQuery { filter: condition.into(), time: Timestamp::MIN..Timestamp::MAX }
}

fn rare() -> Condition {
    Condition::Contains("rare".into())
}

#[tokio::test]
async fn a_search_that_takes_too_long_gives_what_it_has_found_and_goes_on_from_there() {
    let (_dir, store) = hasty().await;
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let (mut after, mut found, mut empty) = (None, Vec::new(), 0);
        loop {
            let page = store.events(&query(rare()), order, after, 5).await.unwrap();
            empty += usize::from(page.events.is_empty());
            found.extend(page.events);
            assert_eq!(page.is_partial, page.next.is_some(), "no page is full");
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(empty > 0, "some found nothing in their time");
        let ids: BTreeSet<_> = found.iter().map(|event| event.id).collect();
        assert_eq!((ids.len() as u64, found.len() as u64), (EVENTS / RARE, EVENTS / RARE));
    }
}

#[tokio::test]
async fn a_full_page_is_not_partial_however_long_it_took() {
    let (_dir, store) = hasty().await;
    let page = store.events(&query(Condition::default()), Order::NewestFirst, None, 10).await.unwrap();
    assert_eq!((page.events.len(), page.is_partial), (10, false));
    assert_eq!(page.next, page.events.last().map(EventKey::of));
}

#[tokio::test]
async fn bars_and_values_that_took_too_long_are_complete_since_an_instant() {
    let (_dir, store) = hasty().await;
    let edges = [Timestamp::MIN, at(EVENTS / 2), at(EVENTS)];
    let histogram = store.histogram(&EventFilter::default(), &edges).await.unwrap();
    let since = histogram.since;
    assert!(edges[1] < since && since < edges[2], "{since}");
    let expected = (0..EVENTS).filter(|number| at(*number) >= since).count() as u64;
    assert_eq!(histogram.found.iter().map(Bar::events).collect::<Vec<_>>(), [0, expected]);

    let top = store.top(&query(Condition::default()), &Field::Service, 9).await.unwrap();
    assert_eq!(
        (top.since, top.found.values.iter().map(|(_, events)| events).sum::<u64>()),
        (since, expected)
    );
}

#[tokio::test]
async fn fields_that_took_too_long_are_those_of_the_events_that_were_looked_at() {
    let (_dir, store) = hasty().await;
    let (fields, events) = store.fields(&query(Condition::default())).await.unwrap();
    assert!((1..EVENTS).contains(&events), "{events}");
    assert_eq!(
        fields,
        [FieldSeen { name: "number".into(), events, example: (EVENTS - AT_ONCE).to_string() }]
    );
}

#[tokio::test]
async fn a_search_is_not_cut_short_by_what_the_index_leaves_out() {
    let (_dir, store) = hasty().await;
    let errors = Condition::Field(Field::Level, Test::Equals("error".into()));
    let page = store.events(&query(errors), Order::NewestFirst, None, 100).await.unwrap();
    assert_eq!((page.events.len() as u64, page.next), (EVENTS / RARE, None), "only those are looked at");
    let one = Condition::Field(Field::Id, Test::Equals(EventId::given("500").to_string()));
    let page = store.events(&query(one.clone()), Order::OldestFirst, None, 100).await.unwrap();
    assert_eq!((page.events, page.next), (vec![event(500)], None));
    let not_then = EventQuery { time: Timestamp::MIN..at(500), ..query(one) };
    let page = store.events(&not_then, Order::OldestFirst, None, 100).await.unwrap();
    assert_eq!(page, EventPage::default());
    let nobody = Condition::Field(Field::Service, Test::Equals("nobody".into()));
    let page = store.events(&query(nobody), Order::NewestFirst, None, 100).await.unwrap();
    assert_eq!(page, EventPage::default());
}

#[tokio::test]
async fn names_are_as_many_as_events_have() {
    let (_dir, store) = hasty().await;
    let names = async || {
        let count = |conn: &rusqlite::Connection| {
            let sql =
                "SELECT group_concat(name || '=' || events) FROM (SELECT * FROM services ORDER BY name)";
            Ok(conn.query_row(sql, [], |row| row.get::<_, Option<String>>(0))?)
        };
        store.database.read(count).await.unwrap()
    };
    assert_eq!(names().await.as_deref(), Some("s0=500,s1=500"));
    assert_eq!(store.prune_some(Some("s0"), None, at(EVENTS / 2)).await.unwrap(), 250);
    assert_eq!(names().await.as_deref(), Some("s0=250,s1=500"));
    assert_eq!(store.prune(Timestamp::MAX).await.unwrap(), 750);
    assert_eq!(names().await, None);
}
