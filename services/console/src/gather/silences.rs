//! Which alerts nobody is to be told of.

use watchkeeper_domain::{Alert, Silence, Timestamp};
use watchkeeper_ports::{PortError, SilenceStore};

/// Most silences that are read for one page, those that end first.
pub const MAX_SILENCES: usize = 1_000;

/// The silences that have not ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Silences {
    /// Those that hold, then those to come, each by their end.
    pub(crate) all: Vec<Silence>,
    /// Whether there are more than were read.
    pub(crate) more_unread: bool,
}

impl Silences {
    /// The place of the silence that covers `alert` for longest.
    pub(crate) fn covering(&self, alert: &Alert, now: Timestamp) -> Option<usize> {
        let silences = self.all.iter().enumerate();
        let covering = silences.filter(|(_, silence)| silence.covers(alert, now));
        covering.max_by_key(|(_, silence)| silence.ends_at).map(|(place, _)| place)
    }
}

pub(super) async fn not_ended(store: &dyn SilenceStore, now: Timestamp) -> Result<Silences, PortError> {
    // One more than the limit tells whether there are others.
    let mut all = store.ending_after(now, MAX_SILENCES + 1).await?;
    let more_unread = all.len() > MAX_SILENCES;
    all.truncate(MAX_SILENCES);
    all.sort_by_key(|silence| (!silence.is_active(now), silence.ends_at));
    Ok(Silences { all, more_unread })
}
