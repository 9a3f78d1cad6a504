//! Finding the samples that a store refuses.

use std::sync::Arc;
use watchkeeper_domain::Sample;
use watchkeeper_ports::{Append, Appended, Failure, PortError, SampleStore};
use watchkeeper_runtime::Heartbeat;

/// What became of samples that the store refuses as a whole.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sifted {
    /// What was stored of them.
    pub(crate) appended: Appended,
    /// The indices of those that are refused, rising, with the reasons.
    pub(crate) refused: Vec<(usize, String)>,
}

/// Stores all samples but those that the store refuses, by halving until each refused one stands alone.
/// No position moves.
///
/// They are for series that there is room for, or the store would have said so first.
///
/// Storing before the position moves is safe, because a sample is stored once however often it is
/// appended. Costs about `2 · refused · log2(samples)` appends.
pub(crate) async fn sift(
    store: &dyn SampleStore,
    samples: &[Sample],
    heartbeat: &Heartbeat,
) -> Result<Sifted, PortError> {
    let mut sifted = Sifted::default();
    let mut unknown = vec![(0, samples.len())];
    while let Some((start, end)) = unknown.pop() {
        heartbeat.beat();
        let part = Append { samples: samples[start..end].to_vec(), ..Append::default() };
        match store.append(&Arc::new(part)).await {
            Ok(Appended { stored, repeated }) => {
                sifted.appended.stored += stored;
                sifted.appended.repeated += repeated;
            }
            Err(error) if error.failure() != Failure::Reject => return Err(error),
            Err(error) if end - start <= 1 => {
                sifted.refused.extend((start..end).map(|index| (index, error.to_string())));
            }
            Err(_) => {
                let middle = start + (end - start) / 2;
                unknown.push((middle, end));
                unknown.push((start, middle));
            }
        }
    }
    Ok(sifted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_store::{FakeStore, sample as number, unavailable};
    use watchkeeper_runtime::RoleContext;

    fn heartbeat() -> Heartbeat {
        RoleContext::detached("persister").heartbeat("receive")
    }

    fn samples(count: u32) -> Vec<Sample> {
        (0..count).map(number).collect()
    }

    fn refused(numbers: &[usize]) -> Vec<(usize, String)> {
        numbers.iter().map(|&n| (n, format!("store refuses the input: no {n}"))).collect()
    }

    #[tokio::test]
    async fn each_refused_sample_is_found_with_its_reason_and_the_others_are_stored_once() {
        let store = FakeStore::refusing(|sample| [0, 7, 8, 99].map(number).contains(sample));
        let sifted = sift(&store, &samples(100), &heartbeat()).await.unwrap();
        let appended = Appended { stored: 96, repeated: 0 };
        assert_eq!(sifted, Sifted { appended, refused: refused(&[0, 7, 8, 99]) });
        assert_eq!(store.kept.lock().unwrap().len(), 96);
        assert!(store.kept.lock().unwrap().values().all(|&times| times == 1));
    }

    #[tokio::test]
    async fn a_batch_of_which_every_sample_is_refused_is_refused_whole() {
        let store = FakeStore::refusing(|_| true);
        for count in [0, 1, 2, 5] {
            let sifted = sift(&store, &samples(count), &heartbeat()).await.unwrap();
            let expected: Vec<_> = (0..count as usize).collect();
            assert_eq!(sifted, Sifted { appended: Appended::default(), refused: refused(&expected) });
        }
    }

    #[tokio::test]
    async fn one_refused_sample_costs_two_appends_for_each_halving() {
        let store = FakeStore::refusing(|sample| sample == &number(700));
        sift(&store, &samples(1_024), &heartbeat()).await.unwrap();
        assert_eq!(*store.calls.lock().unwrap(), 1 + 2 * 10);
    }

    #[tokio::test]
    async fn a_store_that_goes_away_meanwhile_ends_the_search() {
        let store = FakeStore::refusing(|sample| sample == &number(1));
        store.failures.lock().unwrap().push_back(unavailable());
        let error = sift(&store, &samples(4), &heartbeat()).await.unwrap_err();
        assert_eq!(error.failure(), Failure::Retry);
        assert_eq!(*store.calls.lock().unwrap(), 1);
    }
}
