//! The samples of the previous platform, taken over into an installation.

use crate::fragile::{Fuse, behind};
use crate::installation::{Installation, PASSES, passes};
use async_trait::async_trait;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp, Window};
use watchkeeper_migrate::{Event, LeftOut, TakenOver, Takeover, take_over};
use watchkeeper_ports::{Append, MetricsRow, MetricsTable, PortError, RollupStore, TableExtent, TopicId};
use watchkeeper_test_kit::Staged;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// More than one page.
const ROWS: u64 = 10_200;
const SERIES: u64 = 3;

/// Their table.
#[derive(Default)]
struct Theirs(Mutex<Vec<MetricsRow>>);

#[async_trait]
impl MetricsTable for Theirs {
    async fn extent(&self) -> Result<TableExtent, PortError> {
        let end = self.0.lock().unwrap().last().map_or(0, |row| row.id + 1);
        Ok(TableExtent { table_id: TopicId::new("theirs"), end })
    }

    async fn rows(&self, from: u64, limit: usize) -> Result<Vec<MetricsRow>, PortError> {
        let rows = self.0.lock().unwrap();
        Ok(rows.iter().filter(|row| row.id >= from).take(limit).cloned().collect())
    }
}

impl Theirs {
    fn with(rows: impl IntoIterator<Item = MetricsRow>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(rows.into_iter().collect())))
    }

    fn add(&self, row: MetricsRow) {
        let mut rows = self.0.lock().unwrap();
        rows.push(row);
        rows.sort_by_key(|row| row.id);
    }
}

/// The first instant, three days ago.
fn begin() -> Timestamp {
    Window::Hour.start(Timestamp::now().minus(3 * DAY))
}

fn row(begin: Timestamp, id: u64) -> MetricsRow {
    MetricsRow {
        id,
        source: "GitHub".into(),
        name: "stars".into(),
        value: f64::from(u32::try_from(id).unwrap()),
        labels: format!(r#"{{"of": {}}}"#, id % SERIES),
        collected_at: Some(begin.plus(Duration::from_secs(id))),
    }
}

fn takeover(table: &Arc<Theirs>, there: &Installation) -> Takeover {
    Takeover {
        table: table.clone(),
        samples: Arc::clone(&there.stores.samples),
        rollups: Some((Arc::clone(&there.rollups), passes())),
        retention: 90 * DAY,
        max_series: 1_000,
        again: false,
    }
}

/// Runs a takeover to its end.
async fn taken(takeover: &Takeover) -> (TakenOver, Vec<LeftOut>) {
    let mut left_out = Vec::new();
    let taken = take_over(takeover, &mut |event| {
        if let Event::LeavesOut(row) = event {
            left_out.push((*row).clone());
        }
    })
    .await
    .unwrap();
    (taken, left_out)
}

async fn stored(there: &Installation) -> Vec<Sample> {
    there.stores.samples.samples(Timestamp::MIN..Timestamp::MAX, None, 100_000).await.unwrap()
}

async fn marks(there: &Installation) -> Vec<Option<Timestamp>> {
    let mut marks = Vec::new();
    for pass in PASSES {
        marks.push(there.rollups.made_until(pass).await.unwrap());
    }
    marks
}

#[tokio::test]
async fn every_sample_is_there_once_and_a_second_run_takes_nothing() {
    let (begin, there) = (begin(), Installation::fresh());
    let table = Theirs::with((1..=ROWS).map(|id| row(begin, id)));
    let (first, left_out) = taken(&takeover(&table, &there)).await;
    assert_eq!((first.rows, first.taken, first.verified, first.missing), (ROWS, ROWS, ROWS, 0));
    assert_eq!(left_out, []);
    assert_eq!(stored(&there).await.len() as u64, ROWS);
    let (second, _) = taken(&takeover(&table, &there)).await;
    assert_eq!((second.taken, second.there, second.verified), (0, ROWS, ROWS));
}

#[tokio::test]
async fn a_run_begins_where_the_last_one_ended_but_for_rows_that_may_appear_late() {
    let (begin, there) = (begin(), Installation::fresh());
    let far = 1_000_000;
    let table = Theirs::with([row(begin, 1), row(begin, 2)]);
    table.add(MetricsRow { id: far, ..row(begin, 3) });
    assert_eq!(taken(&takeover(&table, &there)).await.0.taken, 3);
    table.add(MetricsRow { id: far - 50_000, ..row(begin, 4) });
    table.add(MetricsRow { id: far + 1, ..row(begin, 5) });
    let (next, _) = taken(&takeover(&table, &there)).await;
    assert_eq!((next.rows, next.taken), (3, 2), "the first two are not read again");
    let again = Takeover { again: true, ..takeover(&table, &there) };
    let (again, _) = taken(&again).await;
    assert_eq!((again.rows, again.taken, again.verified), (5, 0, 5));
}

#[tokio::test]
async fn rows_that_are_no_samples_are_told_one_by_one_and_counted() {
    let (begin, there) = (begin(), Installation::fresh());
    let rows = [
        row(begin, 1),
        MetricsRow { source: String::new(), ..row(begin, 2) },
        MetricsRow { value: f64::NAN, ..row(begin, 3) },
        MetricsRow { labels: r#"{"cached": "true"}"#.into(), ..row(begin, 4) },
        MetricsRow { collected_at: Some(begin.minus(90 * DAY)), ..row(begin, 5) },
        MetricsRow { id: 6, ..row(begin, 1) },
        MetricsRow { id: 7, value: 99.0, ..row(begin, 1) },
        row(begin, 8),
    ];
    let theirs = rows[7].clone();
    let other = Sample { value: 5.0, ..sample(&theirs) };
    let append = Append::of(vec![other]);
    there.stores.samples.append(Arc::new(append)).await.unwrap();
    let (taken, left_out) = taken(&takeover(&Theirs::with(rows), &there)).await;
    assert_eq!((taken.taken, taken.there, taken.verified, taken.missing), (1, 2, 1, 0));
    let kinds: Vec<_> =
        taken.left_out.by_kind.iter().map(|(kind, tally)| (kind.as_str(), tally.first_ids.clone())).collect();
    let expected = [
        ("another value exists", vec![7, 8]),
        ("from a cache", vec![4]),
        ("not valid: source", vec![2]),
        ("not valid: value", vec![3]),
        ("older than the retention", vec![5]),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(taken.left_out.oldest, Some(begin.minus(90 * DAY)));
    assert_eq!(left_out.len(), 6);
    let values: Vec<f64> = stored(&there).await.iter().map(|sample| sample.value).collect();
    assert_eq!(values, [1.0, 5.0], "the first by id, and what was in the store");
}

fn sample(row: &MetricsRow) -> Sample {
    let of = row.labels.trim_start_matches(r#"{"of": "#).trim_end_matches('}');
    let series = watchkeeper_domain::Series::new(&row.source, &row.name, "", &[("of", of)]).unwrap();
    Sample::new(Arc::new(series), row.collected_at.unwrap(), row.value)
}

#[tokio::test]
async fn samples_of_series_for_which_there_is_no_room_are_left_out() {
    let (begin, there) = (begin(), Installation::fresh());
    let table = Theirs::with((1..=9).map(|id| row(begin, id)));
    let few = Takeover { max_series: 2, ..takeover(&table, &there) };
    let (few, _) = taken(&few).await;
    assert_eq!((few.taken, few.left_out.by_kind["too many series"].rows, few.missing), (6, 3, 0));
}

#[tokio::test]
async fn the_marks_of_analytics_are_put_back_to_the_day_of_the_oldest_sample() {
    let (begin, there) = (begin(), Installation::fresh());
    let older = begin.minus(9 * DAY);
    let [first, second] = PASSES;
    there.rollups.set_made_until(first, Timestamp::now()).await.unwrap();
    there.rollups.set_made_until(second, older).await.unwrap();
    let table = Theirs::with((1..=ROWS).map(|id| row(begin, id)));
    taken(&takeover(&table, &there)).await;
    assert_eq!(marks(&there).await, [Some(Window::Day.start(begin)), Some(older)]);
    there.rollups.set_made_until(first, Timestamp::now()).await.unwrap();
    let before = marks(&there).await;
    taken(&takeover(&table, &there)).await;
    assert_eq!(marks(&there).await, before, "where nothing is new they stay");
}

#[tokio::test]
async fn where_rows_are_read_again_the_marks_are_put_back_though_nothing_is_new() {
    let (begin, there) = (begin(), Installation::fresh());
    let table = Theirs::with((1..=ROWS).map(|id| row(begin, id)));
    let without_rollups = Takeover { rollups: None, ..takeover(&table, &there) };
    assert_eq!(taken(&without_rollups).await.0.taken, ROWS);
    for pass in PASSES {
        there.rollups.set_made_until(pass, Timestamp::now()).await.unwrap();
    }
    let again = Takeover { again: true, ..takeover(&table, &there) };
    assert_eq!(taken(&again).await.0.taken, 0);
    assert_eq!(marks(&there).await, [Some(Window::Day.start(begin)); 2]);
}

#[tokio::test]
async fn a_mark_that_analytics_moves_meanwhile_is_put_back_only_where_it_is_too_far() {
    let begin = begin();
    let day = Window::Day.start(begin);
    for (to, expected) in [(Timestamp::now(), day), (day.minus(DAY), day.minus(DAY))] {
        let there = Installation::fresh();
        let [first, _] = PASSES;
        there.rollups.set_made_until(first, day.plus(DAY)).await.unwrap();
        let staged = Staged::new(Arc::clone(&there.rollups));
        staged.hold("move_made_until");
        let table = Theirs::with([row(begin, 1)]);
        let rollups = Some((staged.clone() as Arc<dyn RollupStore>, passes()));
        let takeover = Takeover { rollups, ..takeover(&table, &there) };
        // After the mark was read.
        let moves = async {
            staged.called("move_made_until", |calls| calls.begun == 1).await;
            there.rollups.set_made_until(first, to).await.unwrap();
            staged.release("move_made_until");
        };
        tokio::join!(taken(&takeover), moves);
        assert_eq!(marks(&there).await, [Some(expected), None]);
    }
}

#[tokio::test]
async fn a_pass_that_never_made_any_stays_so() {
    let (begin, there) = (begin(), Installation::fresh());
    taken(&takeover(&Theirs::with([row(begin, 1)]), &there)).await;
    assert_eq!(marks(&there).await, [None, None]);
}

#[tokio::test]
async fn wherever_it_was_cut_off_every_sample_is_there_once_and_the_marks_are_put_back() {
    let begin = begin();
    // Rows so far apart that a run never begins before the last one ended.
    let far = |n: u64| MetricsRow { id: n * 1_000_000, ..row(begin, n) };
    let table = Theirs::with((1..=ROWS).map(far));
    let calls = {
        let (there, fuse) = (Installation::fresh(), Fuse::blows_at(usize::MAX));
        take_over(&fragile(&fuse, &table, &there), &mut |_| {}).await.unwrap();
        fuse.calls()
    };
    for call in 0..calls {
        let (there, fuse) = (Installation::fresh(), Fuse::blows_at(call));
        there.rollups.set_made_until(PASSES[0], Timestamp::now()).await.unwrap();
        take_over(&fragile(&fuse, &table, &there), &mut |_| {}).await.unwrap_err();
        let (taken, _) = taken(&takeover(&table, &there)).await;
        assert_eq!(taken.missing, 0, "{call} of {calls}");
        assert_eq!(stored(&there).await.len() as u64, ROWS, "{call} of {calls}");
        assert_eq!(marks(&there).await[0], Some(Window::Day.start(begin)), "{call} of {calls}");
    }
}

/// The takeover, with everything there behind the fuse.
fn fragile(fuse: &Arc<Fuse>, table: &Arc<Theirs>, there: &Installation) -> Takeover {
    let behind = behind(fuse, &Installation::fresh(), there);
    Takeover {
        samples: behind.store.unwrap().stores.there.samples,
        rollups: Some((behind.rollups.unwrap().there, passes())),
        ..takeover(table, there)
    }
}
