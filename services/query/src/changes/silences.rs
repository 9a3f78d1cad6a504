//! Creates and ends silences.

use super::error::ChangeError;
use crate::silences::{MAX_SILENCES, unended_silences};
use std::sync::Arc;
use tokio::sync::Mutex;
use watchkeeper_domain::{Silence, Timestamp};
use watchkeeper_ports::SilenceStore;

/// Creates and ends silences. Clones share a lock, so that no change is lost; the roles of one process share one.
#[derive(Clone)]
pub struct SilenceChanges {
    store: Arc<dyn SilenceStore>,
    /// Held from read to write.
    changing: Arc<Mutex<()>>,
}

/// The result of creating a silence.
#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    /// Created.
    New(Silence),
    /// It existed before.
    Before(Silence),
}

impl SilenceChanges {
    /// Changes in `store`.
    pub fn new(store: Arc<dyn SilenceStore>) -> Self {
        Self { store, changing: Arc::default() }
    }

    /// Stores a new silence.
    ///
    /// # Errors
    /// [`ChangeError::Conflict`] when its ID is in use by a different one, or there are [`MAX_SILENCES`]; those of the
    /// store.
    pub async fn create(&self, silence: Silence, now: Timestamp) -> Result<Created, ChangeError> {
        let _changing = self.changing.lock().await;
        match self.store.silence(&silence.id).await? {
            Some(before) if is_same(&before, &silence) => return Ok(Created::Before(before)),
            Some(_) => {
                return Err(ChangeError::Conflict(format!("id: another silence has the ID {}", silence.id)));
            }
            None => {}
        }
        if unended_silences(&*self.store, now).await?.all.len() >= MAX_SILENCES {
            let reason = format!("there are {MAX_SILENCES} silences, which is the limit: end some first");
            return Err(ChangeError::Conflict(reason));
        }
        self.store.put(&silence).await?;
        let Silence { id, matchers, ends_at, created_by, .. } = &silence;
        tracing::info!(silence = id, %matchers, until = %ends_at, by = created_by, "silence created");
        Ok(Created::New(silence))
    }

    /// Ends a silence at `now`, unless it has ended.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`]; those of the store.
    pub async fn end(&self, id: &str, now: Timestamp) -> Result<Silence, ChangeError> {
        let _changing = self.changing.lock().await;
        let found = self.store.silence(id).await?;
        let mut silence = found.ok_or_else(|| ChangeError::NotFound(format!("silence {id}")))?;
        if silence.ends_at > now {
            silence.ends_at = now;
            silence.starts_at = silence.starts_at.min(now);
            self.store.put(&silence).await?;
            tracing::info!(silence = id, "silence ended");
        }
        Ok(silence)
    }
}

/// Whether both come from the same request. Times are not compared: they differ if the request has only a duration.
fn is_same(one: &Silence, other: &Silence) -> bool {
    (&one.matchers, &one.created_by, &one.comment) == (&other.matchers, &other.created_by, &other.comment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::time::Duration;
    use watchkeeper_adapter_embedded::EmbeddedAlerts;
    use watchkeeper_domain::{Matcher, Matchers};

    fn silence(id: usize, now: Timestamp) -> Silence {
        Silence {
            id: id.to_string(),
            matchers: Matchers::new(vec![Matcher::equal("rule", "busy")]).unwrap(),
            starts_at: now,
            ends_at: now.plus(Duration::from_secs(60)),
            created_by: "ops".into(),
            comment: String::new(),
        }
    }

    /// All at once, so that they are written at once.
    async fn put(store: &Arc<dyn SilenceStore>, silences: impl Iterator<Item = Silence>) {
        let put = |silence| async move { store.put(&silence).await.unwrap() };
        join_all(silences.map(put)).await;
    }

    #[tokio::test]
    async fn no_more_silences_are_made_than_the_limit_until_one_has_ended() {
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedAlerts::open(dir.path()).unwrap().silences();
        let now = Timestamp::now();
        put(&store, (0..MAX_SILENCES).map(|id| silence(id, now))).await;
        let silences = SilenceChanges::new(store);
        let refused = silences.create(silence(MAX_SILENCES, now), now).await.unwrap_err();
        let reason = "there are 1000 silences, which is the limit: end some first";
        assert_eq!(refused, ChangeError::Conflict(reason.to_owned()));
        silences.end("7", now).await.unwrap();
        assert!(matches!(silences.create(silence(MAX_SILENCES, now), now).await, Ok(Created::New(_))));
    }
}
