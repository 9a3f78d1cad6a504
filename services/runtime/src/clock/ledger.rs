//! Where what was seen of the clock is kept, so that a restart remembers it.

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

/// Keeps what was seen of the clock: together with what is removed by it, or beside it.
#[async_trait]
pub trait ClockLedger: Send + Sync {
    /// What was noted last, and before the first look with what it begins, at `now`.
    async fn looks(&self, now: Timestamp) -> Result<Looks, PortError>;

    /// Notes it. Durable when it returns.
    async fn note(&self, looks: &Looks) -> Result<(), PortError>;
}

/// The marks under which it is kept, by name. The earliest instant stands for none.
pub fn to_marks(looks: &Looks) -> [(&'static str, Timestamp); 3] {
    let (since, until) =
        looks.doubt.map_or((Timestamp::MIN, Timestamp::MIN), |doubt| (doubt.since, doubt.until));
    [(BELIEVED, looks.believed), (DOUBTED_SINCE, since), (DOUBTED_UNTIL, until)]
}

/// What the marks say; `None` before anything was noted.
pub fn from_marks<S: BuildHasher>(marks: &HashMap<String, Timestamp, S>) -> Option<Looks> {
    let mark = |name| marks.get(name).copied();
    let doubt = mark(DOUBTED_SINCE).zip(mark(DOUBTED_UNTIL)).filter(|&(_, until)| until > Timestamp::MIN);
    Some(Looks { believed: mark(BELIEVED)?, doubt: doubt.map(|(since, until)| Doubt { since, until }) })
}

/// Keeps it among the marks of a role whose data bear no witness to the time.
pub struct ScheduledClock {
    /// Where the marks are.
    pub schedule: Arc<dyn ScheduleStore>,
    /// The role's name.
    pub owner: &'static str,
    /// Whether the clock is believed at the first look. Else nothing is removed before it was seen to go on.
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
