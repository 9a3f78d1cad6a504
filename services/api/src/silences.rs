//! Lists, creates and ends silences.

mod draft;

pub(crate) use draft::{line, read_matchers, read_request};

use axum::http::StatusCode;
use std::sync::Arc;
use tokio::sync::Mutex;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Silence, Timestamp};
use watchkeeper_ports::{PortError, SilenceStore};
use watchkeeper_query::{MAX_SILENCES, UnmatchedQueries, ended_silences, unended_silences};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::SilenceJson;

pub(crate) struct Silences {
    store: Arc<dyn SilenceStore>,
    rules: Reloadable<RuleSet>,
    unmatched: UnmatchedQueries,
    /// Held from read to write, so that no change is lost.
    changing: Mutex<()>,
}

/// The result of creating a silence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Created {
    /// Created.
    New(Silence),
    /// It existed before.
    Before(Silence),
}

impl Silences {
    pub(crate) fn new(
        store: Arc<dyn SilenceStore>,
        rules: Reloadable<RuleSet>,
        unmatched: UnmatchedQueries,
    ) -> Self {
        Self { store, rules, unmatched, changing: Mutex::new(()) }
    }

    /// The silences as listed, with those marked that match no series.
    pub(crate) async fn shown(&self, silences: &[Silence], now: Timestamp) -> Vec<SilenceJson> {
        let unmatched = self.unmatched.unmatched(&self.rules.current(), silences).await;
        let shown = |silence: &Silence| SilenceJson {
            warning: unmatched.silences.get(&silence.id).cloned(),
            ..SilenceJson::new(silence, now)
        };
        silences.iter().map(shown).collect()
    }

    /// Silences that have not ended by `now`, ordered by end time.
    pub(crate) async fn unended(&self, now: Timestamp) -> Result<Vec<Silence>, PortError> {
        Ok(unended_silences(&*self.store, now).await?.all)
    }

    /// Silences that ended within [`ENDED_WITHIN`](watchkeeper_query::ENDED_WITHIN), last ended first.
    pub(crate) async fn ended(&self, now: Timestamp) -> Result<Vec<Silence>, PortError> {
        ended_silences(&*self.store, now).await
    }

    /// Stores a new silence.
    ///
    /// # Errors
    /// 409 when its ID is in use by a different one, or there are [`MAX_SILENCES`].
    pub(crate) async fn create(&self, silence: Silence, now: Timestamp) -> Result<Created, Problem> {
        let _changing = self.changing.lock().await;
        match self.store.silence(&silence.id).await? {
            Some(before) if is_same(&before, &silence) => return Ok(Created::Before(before)),
            Some(_) => return Err(conflict(format!("id: another silence has the ID {}", silence.id))),
            None => {}
        }
        if self.unended(now).await?.len() >= MAX_SILENCES {
            let detail = format!("there are {MAX_SILENCES} silences, which is the limit: end some first");
            return Err(conflict(detail));
        }
        self.store.put(&silence).await?;
        let Silence { id, matchers, ends_at, created_by, .. } = &silence;
        tracing::info!(id, %matchers, %ends_at, created_by, "silence created");
        Ok(Created::New(silence))
    }

    /// Ends a silence at `now`, unless it has ended; `None` if there is no such silence.
    pub(crate) async fn end(&self, id: &str, now: Timestamp) -> Result<Option<Silence>, PortError> {
        let _changing = self.changing.lock().await;
        let Some(mut silence) = self.store.silence(id).await? else { return Ok(None) };
        if silence.ends_at > now {
            silence.ends_at = now;
            silence.starts_at = silence.starts_at.min(now);
            self.store.put(&silence).await?;
            tracing::info!(id, "silence ended");
        }
        Ok(Some(silence))
    }
}

/// Whether both come from the same request. Times are not compared: they differ if the request has only a duration.
fn is_same(one: &Silence, other: &Silence) -> bool {
    (&one.matchers, &one.created_by, &one.comment) == (&other.matchers, &other.created_by, &other.comment)
}

fn conflict(detail: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::time::Duration;
    use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedStore, MemoryCache};
    use watchkeeper_domain::{Matcher, Matchers};
    use watchkeeper_query::Samples;

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
        let samples = EmbeddedStore::open(dir.path()).unwrap().samples();
        let unmatched = UnmatchedQueries::new(Samples::new(samples, Arc::new(MemoryCache::new()), 1));
        let silences = Silences::new(store, Reloadable::new(RuleSet::default()), unmatched);
        let refused = silences.create(silence(MAX_SILENCES, now), now).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        assert_eq!(refused.detail(), "there are 1000 silences, which is the limit: end some first");
        silences.end("7", now).await.unwrap().unwrap();
        assert!(matches!(silences.create(silence(MAX_SILENCES, now), now).await, Ok(Created::New(_))));
    }
}
