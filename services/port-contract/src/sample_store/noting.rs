//! Notes beside the values.

use super::{append, everything};
use crate::Fixture;
use crate::samples::{after, noted, sample, series};
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::{Appended, Page, SampleStore};

/// Answers of every query that returns samples, by time.
async fn by_every_query(store: &dyn SampleStore) -> [Vec<Sample>; 3] {
    let all = SeriesFilter::default();
    let newest = everything(store).await.into_iter().rev().collect();
    let latest = store.latest(&all, &Page::first(10), Timestamp::MAX).await.unwrap();
    let walked = store.samples(Timestamp::MIN..Timestamp::MAX, None, 10).await.unwrap();
    [newest, latest, walked]
}

pub async fn a_note_comes_back_with_its_sample_from_every_query<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, up) = (fixture.open().await, series("up", &[]));
    let longest = "é漢'\"\\%_$".repeat(100);
    let all = [noted(&up, 0, 0.0, "refused"), sample(&up, 1, 100.0), noted(&up, 2, 0.0, &longest)];
    append(&*store, all.clone()).await;
    drop(store);
    let [newest, latest, walked] = by_every_query(&*fixture.open().await).await;
    assert_eq!((newest, walked), (all.to_vec(), all.to_vec()));
    assert_eq!(latest, all[2..]);
}

pub async fn of_two_samples_at_one_instant_the_note_of_the_first_stays<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, up) = (fixture.open().await, series("up", &[]));
    append(&*store, [noted(&up, 0, 0.0, "refused"), sample(&up, 1, 0.0)]).await;
    let again = [noted(&up, 0, 0.0, "another"), noted(&up, 1, 0.0, "another"), noted(&up, 2, 0.0, "new")];
    assert_eq!(append(&*store, again).await, Appended { stored: 1, repeated: 2 });
    let kept = [noted(&up, 0, 0.0, "refused"), sample(&up, 1, 0.0), noted(&up, 2, 0.0, "new")];
    assert_eq!(by_every_query(&*store).await[0], kept);
}

pub async fn a_note_is_pruned_with_its_sample<F: Fixture<dyn SampleStore>>() {
    const DAY: u64 = 86_400;
    let fixture = F::fresh().await;
    let (store, up) = (fixture.open().await, series("up", &[]));
    append(&*store, [noted(&up, 0, 0.0, "old"), noted(&up, 30 * DAY, 0.0, "new")]).await;
    assert_eq!(store.prune(after(20 * DAY)).await.unwrap(), 1);
    assert_eq!(everything(&*store).await, [noted(&up, 30 * DAY, 0.0, "new")]);
    append(&*store, [sample(&up, 0, 0.0)]).await;
    assert_eq!(by_every_query(&*store).await[0][0], sample(&up, 0, 0.0), "nothing is left of the note");
}
