//! Lists silences.

use std::sync::Arc;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Silence, Timestamp};
use watchkeeper_ports::{PortError, SilenceStore};
use watchkeeper_query::{UnmatchedQueries, ended_silences, unended_silences};
use watchkeeper_rules::RuleSet;
use watchkeeper_wire::json::SilenceJson;

pub(crate) struct Silences {
    store: Arc<dyn SilenceStore>,
    rules: Reloadable<RuleSet>,
    unmatched: UnmatchedQueries,
}

impl Silences {
    pub(crate) fn new(
        store: Arc<dyn SilenceStore>,
        rules: Reloadable<RuleSet>,
        unmatched: UnmatchedQueries,
    ) -> Self {
        Self { store, rules, unmatched }
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
}
