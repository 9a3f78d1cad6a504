//! What every [`SilenceStore`] promises.

use crate::samples::{ODD_TEXT, after};
use crate::{Fixture, suite};
use watchkeeper_domain::{MAX_MATCHERS, Matcher, Matchers, Silence, Timestamp};
use watchkeeper_ports::SilenceStore;

suite!(($) silence_store_contract, silence_store, [
    a_silence_is_found_by_its_id,
    a_silence_takes_the_place_of_the_one_with_its_id,
    those_that_have_not_ended_come_by_their_end,
    silences_come_back_exactly,
    pruning_removes_what_ended_before,
    silences_survive_reopening,
]);

const ALL: usize = 1_000_000;

fn matchers(texts: &[&str]) -> Matchers {
    Matchers::new(texts.iter().map(|text| text.parse::<Matcher>().unwrap()).collect()).unwrap()
}

fn silence(id: &str, starts_at: u64, ends_at: u64) -> Silence {
    Silence {
        id: id.to_owned(),
        matchers: matchers(&["rule=\"busy\""]),
        starts_at: after(starts_at),
        ends_at: after(ends_at),
        created_by: "ops".into(),
        comment: "maintenance".into(),
    }
}

async fn put(store: &dyn SilenceStore, silences: &[Silence]) {
    for silence in silences {
        store.put(silence).await.unwrap();
    }
}

async fn all(store: &dyn SilenceStore) -> Vec<Silence> {
    store.ending_after(Timestamp::MIN, ALL).await.unwrap()
}

pub async fn a_silence_is_found_by_its_id<F: Fixture<dyn SilenceStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(store.silence("a").await.unwrap(), None);
    assert_eq!(all(&*store).await, []);
    put(&*store, &[silence("a", 0, 1), silence("A", 0, 2), silence("", 0, 3)]).await;
    assert_eq!(store.silence("a").await.unwrap(), Some(silence("a", 0, 1)));
    assert_eq!(store.silence("A").await.unwrap(), Some(silence("A", 0, 2)));
    assert_eq!(store.silence("").await.unwrap(), Some(silence("", 0, 3)));
    assert_eq!(store.silence("b").await.unwrap(), None);
}

pub async fn a_silence_takes_the_place_of_the_one_with_its_id<F: Fixture<dyn SilenceStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let other = Silence {
        matchers: matchers(&["host=\"a\"", "rule!=\"busy\""]),
        created_by: "somebody else".into(),
        comment: "it takes longer".into(),
        ..silence("a", 5, 3)
    };
    put(&*store, &[silence("a", 0, 10), silence("b", 0, 7), other.clone()]).await;
    assert_eq!(store.silence("a").await.unwrap(), Some(other.clone()));
    assert_eq!(all(&*store).await, [other, silence("b", 0, 7)]);
}

pub async fn those_that_have_not_ended_come_by_their_end<F: Fixture<dyn SilenceStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let number = |number: u64| silence(&format!("{:02}", number * 7 % 30), number, number * 7 % 30);
    let mut silences: Vec<_> = (0..30).map(number).collect();
    put(&*store, &silences).await;
    silences.sort_by_key(|silence| silence.ends_at);
    for (instant, limit) in [(0, ALL), (0, 5), (12, 5), (12, 0), (28, ALL), (29, ALL)] {
        let expected: Vec<_> =
            silences.iter().filter(|silence| silence.ends_at > after(instant)).take(limit).cloned().collect();
        let found = store.ending_after(after(instant), limit).await.unwrap();
        assert_eq!(found, expected, "after {instant}, {limit} of them");
    }
}

pub async fn silences_come_back_exactly<F: Fixture<dyn SilenceStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let odd = [
        r#"host=~"db[0-9]+\.example\.(org|com)""#,
        r#"labels.source!~"[^\"\\\\]*""#,
        r#"ключ="зна, чение""#,
        r#"absent="""#,
        r"name!=a=b",
    ];
    let many = Matchers::new(vec![Matcher::equal("quote", "\"\\{},=|:'%"); MAX_MATCHERS]).unwrap();
    for (number, matchers) in (0..).zip([matchers(&odd), many, Matchers::default()]) {
        let exact = Silence {
            id: format!("{ODD_TEXT}{number}"),
            matchers,
            starts_at: Timestamp::MIN,
            ends_at: Timestamp::MAX,
            created_by: ODD_TEXT.into(),
            comment: ODD_TEXT.repeat(100),
        };
        put(&*store, std::slice::from_ref(&exact)).await;
        assert_eq!(store.silence(&exact.id).await.unwrap(), Some(exact.clone()));
        assert!(all(&*store).await.contains(&exact));
    }
}

pub async fn pruning_removes_what_ended_before<F: Fixture<dyn SilenceStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    put(&*store, &[silence("a", 0, 5), silence("b", 0, 6), silence("c", 0, 7)]).await;
    assert_eq!(store.prune(after(5)).await.unwrap(), 0);
    assert_eq!(store.prune(after(7)).await.unwrap(), 2);
    assert_eq!(store.prune(after(7)).await.unwrap(), 0);
    assert_eq!(all(&*store).await, [silence("c", 0, 7)]);
    assert_eq!(store.silence("a").await.unwrap(), None);
}

pub async fn silences_survive_reopening<F: Fixture<dyn SilenceStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    put(&*store, &[silence("a", 0, 5), silence("b", 0, 6)]).await;
    drop(store);
    let store = fixture.open().await;
    assert_eq!(all(&*store).await, [silence("a", 0, 5), silence("b", 0, 6)]);
    store.prune(after(6)).await.unwrap();
    drop(store);
    assert_eq!(all(&*fixture.open().await).await, [silence("b", 0, 6)]);
}
