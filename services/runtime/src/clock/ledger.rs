//! Persistence of the clock's state across restarts.

use async_trait::async_trait;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::clock::{Doubt, Looks};
use watchkeeper_ports::{PortError, ScheduleStore};

const BELIEVED: &str = "clock believed";
const DOUBTED_SINCE: &str = "clock doubted since";
const DOUBTED_UNTIL: &str = "clock doubted until";

/// Stores the clock's state: together with what is pruned by it, or next to it.
#[async_trait]
pub trait ClockLedger: Send + Sync {
    /// The last recorded state; before the first reading, the initial one at `now`.
    async fn looks(&self, now: Timestamp) -> Result<Looks, PortError>;

    /// Records the state. Durable when it returns.
    async fn note(&self, looks: &Looks) -> Result<(), PortError>;
}

/// The state as named marks. The earliest instant stands for none.
pub fn to_marks(looks: &Looks) -> [(&'static str, Timestamp); 3] {
    let (since, until) =
        looks.doubt.map_or((Timestamp::MIN, Timestamp::MIN), |doubt| (doubt.since, doubt.until));
    [(BELIEVED, looks.believed), (DOUBTED_SINCE, since), (DOUBTED_UNTIL, until)]
}

/// The state from named marks; `None` before anything was recorded.
pub fn from_marks<S: BuildHasher>(marks: &HashMap<String, Timestamp, S>) -> Option<Looks> {
    let mark = |name| marks.get(name).copied();
    let doubt = mark(DOUBTED_SINCE).zip(mark(DOUBTED_UNTIL)).filter(|&(_, until)| until > Timestamp::MIN);
    Some(Looks { believed: mark(BELIEVED)?, doubt: doubt.map(|(since, until)| Doubt { since, until }) })
}

/// Stores the state among the marks of a role whose data has no timestamps of its own.
pub struct ScheduledClock {
    /// Where the marks are stored.
    pub schedule: Arc<dyn ScheduleStore>,
    /// The name of the role.
    pub owner: &'static str,
    /// Whether the first reading is trusted. If not, nothing is pruned until the clock has been observed for a day.
    pub believes_the_first: bool,
}

#[async_trait]
impl ClockLedger for ScheduledClock {
    async fn looks(&self, now: Timestamp) -> Result<Looks, PortError> {
        let noted = from_marks(&self.schedule.marks(self.owner).await?);
        let beginning = if self.believes_the_first { Looks::beginning_at(now) } else { Looks::beginning() };
        Ok(noted.unwrap_or(beginning))
    }

    async fn note(&self, looks: &Looks) -> Result<(), PortError> {
        let marks = to_marks(looks).map(|(name, at)| (name.to_owned(), at));
        self.schedule.mark(self.owner, &marks).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_was_noted_is_read_back() {
        let at = |secs| Timestamp::MIN.plus(Duration::from_secs(secs));
        for doubt in [None, Some(Doubt { since: at(20), until: at(30) })] {
            let looks = Looks { believed: at(10), doubt };
            let marks = to_marks(&looks).map(|(name, at)| (name.to_owned(), at));
            assert_eq!(from_marks(&HashMap::from(marks)), Some(looks));
        }
        assert_eq!(from_marks(&HashMap::<String, Timestamp>::new()), None);
    }
}
