//! Silences: those that have not ended, and those that ended recently.

use std::time::Duration;
use watchkeeper_domain::{Silence, Timestamp};
use watchkeeper_ports::{PortError, SilenceStore};

/// Maximum number of silences that have not ended: no more can be created, and no more are read.
pub const MAX_SILENCES: usize = 1_000;
/// Maximum number of ended silences in one result.
const MAX_ENDED: usize = 1_000;
/// Ended silences are listed for this long.
pub const ENDED_WITHIN: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The silences that have not ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Silences {
    /// At most [`MAX_SILENCES`], ordered by end time.
    pub all: Vec<Silence>,
    /// Whether there are more.
    pub more: bool,
}

/// The silences that have not ended by `now`, ordered by end time.
///
/// # Errors
/// Those of [`SilenceStore::ending_after`].
pub async fn unended_silences(store: &dyn SilenceStore, now: Timestamp) -> Result<Silences, PortError> {
    // One more than the limit, to know whether there are more.
    let mut all = store.ending_after(now, MAX_SILENCES + 1).await?;
    let more = all.len() > MAX_SILENCES;
    all.truncate(MAX_SILENCES);
    Ok(Silences { all, more })
}

/// The silences that ended within [`ENDED_WITHIN`], last ended first; of more than 1,000, those that ended first.
///
/// # Errors
/// Those of [`SilenceStore::ending_after`].
pub async fn ended_silences(store: &dyn SilenceStore, now: Timestamp) -> Result<Vec<Silence>, PortError> {
    let mut ended = store.ending_after(now.minus(ENDED_WITHIN), MAX_ENDED).await?;
    ended.retain(|silence| silence.ends_at <= now);
    ended.reverse();
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use watchkeeper_adapter_embedded::EmbeddedAlerts;
    use watchkeeper_domain::{Matcher, Matchers};

    /// The first and the last of the silences, which are as many as the limit.
    fn ends(silences: &[Silence]) -> [&str; 2] {
        [silences.first(), silences.last()].map(|silence| silence.unwrap().id.as_str())
    }

    #[tokio::test]
    async fn no_more_silences_are_listed_than_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedAlerts::open(dir.path()).unwrap().silences();
        let now = Timestamp::now();
        let silence = |id: usize, ends_at| Silence {
            id: id.to_string(),
            matchers: Matchers::new(vec![Matcher::equal("rule", "busy")]).unwrap(),
            starts_at: now.minus(ENDED_WITHIN),
            ends_at,
            created_by: "ops".into(),
            comment: String::new(),
        };
        let put = |silence: Silence| {
            let store = &store;
            async move { store.put(&silence).await.unwrap() }
        };
        // All at once, so that they are written at once.
        let ended = (0..=MAX_ENDED).map(|id| silence(id, now.minus(Duration::from_secs(2_000 - id as u64))));
        join_all(ended.map(put)).await;
        let listed = ended_silences(&*store, now).await.unwrap();
        assert_eq!((listed.len(), ends(&listed)), (MAX_ENDED, ["999", "0"]));

        let to_end = |id: usize| silence(id, now.plus(Duration::from_secs(1 + id as u64)));
        join_all((0..=MAX_SILENCES).map(|id| put(to_end(id)))).await;
        let listed = unended_silences(&*store, now).await.unwrap();
        assert_eq!((listed.all.len(), ends(&listed.all), listed.more), (MAX_SILENCES, ["0", "999"], true));
    }
}
