//! Isolates the rejected items of a batch by bisection.

use std::iter;
use std::ops::Range;
use watchkeeper_ports::{Failure, PortError};

/// The outcome of a batch with rejected items.
#[derive(Debug, PartialEq)]
pub struct Isolated<T> {
    /// The results of the accepted parts, in order.
    pub taken: Vec<T>,
    /// The indices of the rejected items, ascending, with the reasons.
    pub refused: Vec<(usize, PortError)>,
}

/// Passes all `items` of a batch to `take`, by index, except those that are rejected: a rejected part is halved until
/// each rejected item stands alone. Parts are passed in order, the whole batch first.
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
            Err(error) if part.len() <= 1 => {
                isolated.refused.extend(part.map(|index| (index, error.clone())));
            }
            Err(_) => {
                let middle = part.start + part.len() / 2;
                parts.extend([middle..part.end, part.start..middle]);
            }
        }
    }
    Ok(isolated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::future::ready;

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
