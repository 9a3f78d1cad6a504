//! Silences, including ended ones.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::sides::{Between, Stores};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Silence, Timestamp};
use watchkeeper_ports::{PortError, SilenceStore};

/// Silences in one read, and the most that may end at one instant.
const PAGE: usize = 1_000;

pub(crate) struct Silences<'m>(pub(crate) &'m Between<Stores>);

/// All of them are one page.
async fn page(store: &Arc<dyn SilenceStore>, after: Option<&Silence>) -> Result<Vec<Silence>, PortError> {
    if after.is_some() { Ok(Vec::new()) } else { all(&**store, PAGE).await }
}

/// All silences by id, read by their end, `limit` at a time.
async fn all(store: &dyn SilenceStore, limit: usize) -> Result<Vec<Silence>, PortError> {
    let (mut all, mut after) = (BTreeMap::new(), Timestamp::MIN);
    loop {
        let some = store.ending_after(after, limit).await?;
        let end = some.last().map_or(after, |last| last.ends_at);
        let are_last = some.len() < limit;
        all.extend(some.into_iter().map(|silence| (silence.id.clone(), silence)));
        if are_last {
            return Ok(all.into_values().collect());
        }
        // Others may end at the same instant.
        let before_end = end.minus(Duration::from_micros(1));
        if before_end <= after {
            let reason = format!("{limit} or more silences end at {end}: too many to page through");
            return Err(PortError::Rejected { what: "silences", reason });
        }
        after = before_end;
    }
}

impl Carried for Silences<'_> {
    type Item = Silence;

    const BATCH: usize = 1_000;

    async fn here(&self, after: Option<&Silence>) -> Result<Vec<Silence>, PortError> {
        page(&self.0.here.silences, after).await
    }

    async fn there(&self, after: Option<&Silence>) -> Result<Vec<Silence>, PortError> {
        page(&self.0.there.silences, after).await
    }

    async fn put(&self, lacking: Vec<Silence>) -> Result<(), PortError> {
        for silence in &lacking {
            self.0.there.silences.put(silence).await?;
        }
        Ok(())
    }
}

impl Item for Silence {
    type Key<'a> = &'a str;

    fn key(&self) -> &str {
        &self.id
    }

    fn standing(&self, there: &Self) -> Standing {
        if self == there { Standing::Same } else { Standing::Different }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_adapter_embedded::EmbeddedAlerts;
    use watchkeeper_domain::Matchers;

    async fn store(dir: &tempfile::TempDir, ends: &[i64]) -> Arc<dyn SilenceStore> {
        let store = EmbeddedAlerts::open(dir.path()).unwrap().silences();
        for (id, &end) in ends.iter().enumerate() {
            let silence = Silence {
                id: id.to_string(),
                matchers: Matchers::new(vec!["rule=\"r\"".parse().unwrap()]).unwrap(),
                starts_at: Timestamp::MIN,
                ends_at: Timestamp::from_micros(end).unwrap(),
                created_by: String::new(),
                comment: String::new(),
            };
            store.put(&silence).await.unwrap();
        }
        store
    }

    #[tokio::test]
    async fn pages_that_end_among_silences_that_end_together_lose_none() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir, &[9, 5, 5, 7, 7, 7, 3]).await;
        for limit in 4..9 {
            let ids: Vec<_> = all(&*store, limit).await.unwrap().into_iter().map(|one| one.id).collect();
            assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6"], "{limit}");
        }
    }

    #[tokio::test]
    async fn more_that_end_together_than_a_page_holds_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let error = all(&*store(&dir, &[3, 7, 7, 7]).await, 3).await.unwrap_err();
        assert!(
            error.to_string().contains("3 or more silences end at 1970-01-01T00:00:00.000007Z"),
            "{error}"
        );
    }
}
