//! Rules, inhibitions and silences that match no series.

use crate::answer::within_time;
use crate::page::PageQuestion;
use crate::samples::Samples;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_domain::{SeriesFilter, Silence};
use watchkeeper_ports::PortError;
use watchkeeper_rules::{Matching, RuleSet, Unmatched};

/// Series read at once.
const PAGE: usize = 1_000;
/// Most series that are read. If something has matched none of them and there are more, it is not known whether it
/// matches any, and nothing is reported; nor is it while there are no series at all.
pub const MAX_READ: usize = 20_000;
/// How long a result is used: pages refresh often, and all series are read.
const FRESH_FOR: Duration = Duration::from_secs(60);
/// The same for a failure.
const FAILED_FOR: Duration = Duration::from_secs(10);

/// Finds what matches no series, and keeps the result for a minute.
#[derive(Clone)]
pub struct UnmatchedQueries {
    samples: Samples,
    max_read: usize,
    last: Arc<Mutex<Option<Last>>>,
    /// Held while the series are read, so that they are read once for all who ask meanwhile.
    reading: Arc<tokio::sync::Mutex<()>>,
}

struct Last {
    rules: Arc<RuleSet>,
    silences: Vec<Silence>,
    /// When to read again.
    until: Instant,
    unmatched: Arc<Unmatched>,
}

impl UnmatchedQueries {
    /// Queries on the series of `samples`.
    pub fn new(samples: Samples) -> Self {
        Self { samples, max_read: MAX_READ, last: Arc::default(), reading: Arc::default() }
    }

    /// What of `rules` and `silences` matches no series; nothing if the store is unavailable: the rest of an answer
    /// does not depend on it.
    pub async fn unmatched(&self, rules: &Arc<RuleSet>, silences: &[Silence]) -> Arc<Unmatched> {
        if let Some(known) = self.known(rules, silences) {
            return known;
        }
        let _reading = self.reading.lock().await;
        if let Some(known) = self.known(rules, silences) {
            return known;
        }
        let (found, fresh_for) = match within_time("store", self.find(rules, silences)).await {
            Ok(Some(found)) => (found, FRESH_FOR),
            // The first series may come at any time.
            Ok(None) => return Arc::default(),
            Err(_) => (Unmatched::default(), FAILED_FOR),
        };
        let unmatched = Arc::new(found);
        let last = Last {
            rules: Arc::clone(rules),
            silences: silences.to_vec(),
            until: Instant::now() + fresh_for,
            unmatched: Arc::clone(&unmatched),
        };
        *self.last.lock() = Some(last);
        unmatched
    }

    fn known(&self, rules: &Arc<RuleSet>, silences: &[Silence]) -> Option<Arc<Unmatched>> {
        let last = self.last.lock();
        let is_the_same = |last: &&Last| Arc::ptr_eq(&last.rules, rules) && last.silences == silences;
        let last = last.as_ref().filter(is_the_same).filter(|last| Instant::now() < last.until)?;
        Some(Arc::clone(&last.unmatched))
    }

    /// `None` while there are no series.
    async fn find(&self, rules: &RuleSet, silences: &[Silence]) -> Result<Option<Unmatched>, PortError> {
        let mut matching = Matching::new(rules, silences);
        let mut question =
            PageQuestion { filter: SeriesFilter::default(), limit: PAGE.min(self.max_read), cursor: None };
        let mut read = 0;
        while !matching.is_complete() {
            let page = self.samples.series(&question).await?;
            page.items.iter().for_each(|series| matching.observe(series));
            read += page.items.len();
            question.cursor = page.next;
            if question.cursor.is_none() {
                return Ok((read > 0).then(|| matching.unmatched()));
            }
            if read >= self.max_read {
                break;
            }
        }
        Ok(Some(Unmatched::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice;
    use watchkeeper_adapter_embedded::{EmbeddedStore, MemoryCache};
    use watchkeeper_config::Document;
    use watchkeeper_domain::{Sample, Series, Timestamp};
    use watchkeeper_ports::{Append, SampleStore};
    use watchkeeper_rules::Routing;

    const RULE: &str = "[[rule]]\nname = \"r\"\nmatch = ['source=\"none\"']\nabsence = {}\n";

    fn rules() -> Arc<RuleSet> {
        let document = Document::parse("rules.toml", RULE).unwrap();
        Arc::new(document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap())
    }

    fn sample(number: usize) -> Sample {
        let series = Arc::new(Series::new("a", &format!("n{number}"), "", &[]).unwrap());
        Sample::new(series, Timestamp::now(), 1.0)
    }

    async fn store(store: &Arc<dyn SampleStore>, samples: &[Sample]) {
        store.append(Arc::new(Append::of(samples.to_vec()))).await.unwrap();
    }

    #[tokio::test]
    async fn nothing_is_reported_without_series_nor_when_there_are_more_than_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let samples = EmbeddedStore::open(directory.path()).unwrap().samples();
        let mut queries =
            UnmatchedQueries::new(Samples::new(samples.clone(), Arc::new(MemoryCache::new()), 1));
        queries.max_read = 3;
        assert_eq!(*queries.unmatched(&rules(), &[]).await, Unmatched::default());
        store(&samples, &[sample(1), sample(2), sample(3)]).await;
        assert_eq!(queries.unmatched(&rules(), &[]).await.rules.len(), 1);
        store(&samples, slice::from_ref(&sample(4))).await;
        assert_eq!(*queries.unmatched(&rules(), &[]).await, Unmatched::default());
    }

    #[tokio::test]
    async fn a_result_is_kept_for_the_same_rules() {
        let directory = tempfile::tempdir().unwrap();
        let samples = EmbeddedStore::open(directory.path()).unwrap().samples();
        let queries = UnmatchedQueries::new(Samples::new(samples.clone(), Arc::new(MemoryCache::new()), 1));
        store(&samples, &[sample(1)]).await;
        let rules = rules();
        let first = queries.unmatched(&rules, &[]).await;
        assert!(Arc::ptr_eq(&first, &queries.unmatched(&rules, &[]).await));
        assert!(!Arc::ptr_eq(&first, &queries.unmatched(&self::rules(), &[]).await));
    }
}
