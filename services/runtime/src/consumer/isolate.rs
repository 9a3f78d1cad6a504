//! Isolates the rejected items of a batch: by the indices that the error names, else by bisection.

use std::iter;
use std::ops::Range;
use watchkeeper_ports::{Failure, PortError, RecordBatch};

/// The outcome of a batch with rejected items.
#[derive(Debug, PartialEq)]
pub struct Isolated<T> {
    /// The results of the accepted parts, in order.
    pub taken: Vec<T>,
    /// The indices of the rejected items, ascending, with the reasons.
    pub refused: Vec<(usize, PortError)>,
}

/// Passes all `items` of a batch to `take`, by index, except those that are rejected. Items that
/// [`PortError::ItemsRejected`] names are not passed again; any other rejected part is halved until each rejected item
/// stands alone. Parts are passed in order, the whole batch first.
/// Each item may be passed more than once if `take` fails after it has processed a part. Costs about `2 · refused ·
/// log2(items)` calls.
///
/// # Errors
/// The first error of `take` that is not [`Failure::Reject`]. Some parts may have been processed by then.
pub async fn isolate<T, F: Future<Output = Result<T, PortError>>>(
    items: usize,
    mut take: impl FnMut(Range<usize>) -> F,
) -> Result<Isolated<T>, PortError> {
    let mut isolated = Isolated { taken: Vec::new(), refused: Vec::new() };
    let mut parts: Vec<_> = iter::once(0..items).collect();
    while let Some(part) = parts.pop() {
        match take(part.clone()).await {
            Ok(taken) => isolated.taken.push(taken),
            Err(error) if error.failure() != Failure::Reject => return Err(error),
            Err(PortError::ItemsRejected { what, reason, items }) if are_of(&items, &part) => {
                let rejected = || PortError::Rejected { what, reason: reason.clone() };
                isolated.refused.extend(items.iter().map(|item| (part.start + item, rejected())));
                parts.extend(others(&part, &items).into_iter().rev());
            }
            Err(error) if part.len() <= 1 => {
                isolated.refused.extend(part.map(|index| (index, error.clone())));
            }
            Err(_) => {
                let middle = part.start + part.len() / 2;
                parts.extend([middle..part.end, part.start..middle]);
            }
        }
    }
    isolated.refused.sort_by_key(|(index, _)| *index);
    Ok(isolated)
}

/// Publishes all records that the bus accepts, as one batch if possible. Returns the indices of the others, ascending,
/// with the reasons.
///
/// # Errors
/// Those of [`isolate`].
pub async fn publish_accepted<F: Future<Output = Result<(), PortError>>>(
    records: &RecordBatch,
    mut publish: impl FnMut(RecordBatch) -> F,
) -> Result<Vec<(usize, PortError)>, PortError> {
    let all = records.len();
    let isolated = isolate(all, |part| {
        let is_whole = part.len() == all;
        publish(if is_whole { records.clone() } else { part.map(|index| records.get(index)).collect() })
    });
    Ok(isolated.await?.refused)
}

/// Whether these are indices in `part`: an error that names none, or others, is not relied upon.
fn are_of(items: &[usize], part: &Range<usize>) -> bool {
    !items.is_empty() && items.is_sorted() && items.iter().all(|item| *item < part.len())
}

/// The ranges of `part` between the items with these ascending indices in it.
fn others(part: &Range<usize>, items: &[usize]) -> Vec<Range<usize>> {
    let (mut others, mut start) = (Vec::new(), part.start);
    for item in items {
        others.push(start..part.start + item);
        start = part.start + item + 1;
    }
    others.push(start..part.end);
    others.retain(|range| !range.is_empty());
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::future::ready;
    use watchkeeper_ports::BatchBuilder;

    fn rejected(index: usize) -> PortError {
        PortError::Rejected { what: "store", reason: format!("no {index}") }
    }

    /// Isolates `refused` among so many items; also the parts that were asked for.
    async fn isolated(items: usize, refused: &[usize]) -> (Isolated<Range<usize>>, usize) {
        let calls = RefCell::new(0);
        let found = isolate(items, |part| {
            *calls.borrow_mut() += 1;
            let found = refused.iter().find(|index| part.contains(index));
            ready(found.map_or(Ok(part), |index| Err(rejected(*index))))
        });
        (found.await.unwrap(), calls.into_inner())
    }

    #[tokio::test]
    async fn each_refused_item_is_found_with_its_reason_and_the_others_are_taken_once_and_in_order() {
        let (found, _) = isolated(100, &[0, 7, 8, 99]).await;
        assert_eq!(found.refused, [0, 7, 8, 99].map(|index| (index, rejected(index))));
        let taken: Vec<_> = found.taken.into_iter().flatten().collect();
        assert_eq!(taken, (0..100).filter(|index| ![0, 7, 8, 99].contains(index)).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_batch_of_which_every_item_is_refused_is_refused_whole() {
        for count in [1, 2, 5] {
            let all: Vec<_> = (0..count).collect();
            let (found, _) = isolated(count, &all).await;
            let refused = all.into_iter().map(|index| (index, rejected(index))).collect();
            assert_eq!(found, Isolated { taken: vec![], refused });
        }
    }

    #[tokio::test]
    async fn one_refused_item_costs_two_calls_for_each_halving() {
        assert_eq!(isolated(1_024, &[700]).await.1, 1 + 2 * 10);
    }

    #[tokio::test]
    async fn items_that_the_error_names_are_not_passed_again() {
        let calls = RefCell::new(Vec::new());
        let found = isolate(10, |part: Range<usize>| {
            calls.borrow_mut().push(part.clone());
            let items: Vec<_> = [2, 3, 7]
                .iter()
                .filter(|index| part.contains(index))
                .map(|index| index - part.start)
                .collect();
            let reason = "no room".to_owned();
            let refused = PortError::ItemsRejected { what: "store", reason, items: items.clone() };
            ready(if items.is_empty() { Ok(part) } else { Err(refused) })
        });
        let found = found.await.unwrap();
        assert_eq!(found.refused.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [2, 3, 7]);
        assert_eq!(found.taken, [0..2, 4..7, 8..10]);
        assert_eq!(calls.into_inner(), [0..10, 0..2, 4..7, 8..10]);
    }

    #[tokio::test]
    async fn an_error_that_names_no_item_or_one_outside_is_searched_by_halving() {
        for items in [vec![], vec![9]] {
            let found = isolate(4, |part: Range<usize>| {
                let (reason, items) = (String::new(), items.clone());
                let refused = PortError::ItemsRejected { what: "store", reason, items };
                ready(if part.contains(&2) { Err(refused) } else { Ok(part) })
            });
            let found = found.await.unwrap();
            assert_eq!((found.refused.len(), found.refused[0].0), (1, 2));
            assert_eq!(found.taken, [0..2, 3..4]);
        }
    }

    #[tokio::test]
    async fn records_that_the_bus_accepts_are_published_beside_one_that_it_rejects() {
        let records: RecordBatch = {
            let mut batch = BatchBuilder::default();
            (0..5_u8).for_each(|n| batch.push(&[n], b"v"));
            batch.finish()
        };
        let published = RefCell::new(Vec::new());
        let refused = publish_accepted(&records, |batch| {
            let keys: Vec<_> = batch.iter().map(|record| record.key[0]).collect();
            let refused = keys.contains(&3);
            if !refused {
                published.borrow_mut().extend(keys);
            }
            ready(if refused { Err(rejected(3)) } else { Ok(()) })
        });
        assert_eq!(refused.await.unwrap(), [(3, rejected(3))]);
        assert_eq!(published.into_inner(), [0, 1, 2, 4]);
    }

    #[tokio::test]
    async fn what_is_no_refusal_ends_the_search() {
        let calls = RefCell::new(0);
        let away = isolate(4, |_| {
            *calls.borrow_mut() += 1;
            ready(Err::<(), _>(PortError::Unavailable { what: "store", reason: "away".into() }))
        });
        assert_eq!(away.await.unwrap_err().failure(), Failure::Retry);
        assert_eq!(calls.into_inner(), 1);
    }
}
