//! Incidents and maintenance that people announce on a status page.

use crate::Timestamp;
use std::fmt;
use std::str::FromStr;

/// How far the work on an incident has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IncidentStatus {
    /// The cause is not known yet.
    Investigating,
    /// The cause is known.
    Identified,
    /// A fix is in place, and is being watched.
    Monitoring,
    /// Maintenance that was announced.
    Scheduled,
    /// It is over.
    Resolved,
}

/// The text does not name a status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be investigating, identified, monitoring, scheduled or resolved")]
pub struct UnknownIncidentStatus;

impl IncidentStatus {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Investigating, Self::Identified, Self::Monitoring, Self::Scheduled, Self::Resolved];

    /// Its name in requests, answers and stores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Scheduled => "scheduled",
            Self::Resolved => "resolved",
        }
    }
}

impl fmt::Display for IncidentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for IncidentStatus {
    type Err = UnknownIncidentStatus;

    fn from_str(text: &str) -> Result<Self, UnknownIncidentStatus> {
        Self::ALL.into_iter().find(|status| status.name() == text).ok_or(UnknownIncidentStatus)
    }
}

/// An incident, or a maintenance, with everything that was said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its id, chosen by its creator; unique.
    pub id: String,
    /// What happened, or what will be done, in one line.
    pub title: String,
    /// The names of the status pages that show it; empty if all of them do.
    pub pages: Vec<String>,
    /// The targets and groups that it affects, as the pages name them; may be empty.
    pub affected: Vec<String>,
    /// When the work is planned for, if this is maintenance.
    pub maintenance: Option<Maintenance>,
    /// What was said, the oldest first; at least one.
    pub updates: Vec<IncidentUpdate>,
}

/// The time that maintenance is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// The first instant of the work.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
}

/// Something that was said about an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentUpdate {
    /// When.
    pub at: Timestamp,
    /// The status since then.
    pub status: IncidentStatus,
    /// Plain text; an empty line separates paragraphs.
    pub text: String,
    /// By whom; not shown on a status page.
    pub by: String,
}

/// Where an incident is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentPhase {
    /// Maintenance that has not begun.
    Coming,
    /// It is not over.
    Active,
    /// It is over.
    Ended,
}

impl Incident {
    /// When it began, or when the maintenance begins.
    pub fn starts_at(&self) -> Timestamp {
        let first = || self.updates.first().map_or(Timestamp::MIN, |first| first.at);
        self.maintenance.map_or_else(first, |maintenance| maintenance.starts_at)
    }

    /// When it was resolved, or when the maintenance ends by itself; `None` for an incident that is not resolved.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let resolved =
            self.updates.iter().rev().take_while(|update| update.status == IncidentStatus::Resolved);
        let planned = self.maintenance.map(|maintenance| maintenance.ends_at);
        match (resolved.last().map(|update| update.at), planned) {
            (Some(resolved), Some(planned)) => Some(resolved.min(planned)),
            (resolved, planned) => resolved.or(planned),
        }
    }

    /// Where it is at `now`.
    pub fn phase(&self, now: Timestamp) -> IncidentPhase {
        if self.ends_at().is_some_and(|end| end <= now) {
            IncidentPhase::Ended
        } else if self.maintenance.is_some_and(|maintenance| now < maintenance.starts_at) {
            IncidentPhase::Coming
        } else {
            IncidentPhase::Active
        }
    }

    /// The status of the last update.
    pub fn status(&self) -> IncidentStatus {
        self.updates.last().map_or(IncidentStatus::Investigating, |last| last.status)
    }

    /// Whether the page of this name shows it.
    pub fn is_on(&self, page: &str) -> bool {
        self.pages.is_empty() || self.pages.iter().any(|name| name == page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::MIN.plus(Duration::from_secs(seconds))
    }

    fn incident(updates: &[(u64, IncidentStatus)]) -> Incident {
        let update = |&(seconds, status): &(u64, IncidentStatus)| IncidentUpdate {
            at: at(seconds),
            status,
            text: "text".into(),
            by: "ops".into(),
        };
        Incident {
            id: "1".into(),
            title: "The shop is slow".into(),
            pages: Vec::new(),
            affected: Vec::new(),
            maintenance: None,
            updates: updates.iter().map(update).collect(),
        }
    }

    #[test]
    fn a_status_is_read_by_the_name_that_it_shows() {
        for status in IncidentStatus::ALL {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
        assert_eq!("Resolved".parse::<IncidentStatus>(), Err(UnknownIncidentStatus));
    }

    #[test]
    fn an_incident_ends_when_it_is_resolved_and_not_by_what_is_said_afterwards() {
        use IncidentStatus::{Investigating, Monitoring, Resolved};
        let open = incident(&[(10, Investigating), (20, Monitoring)]);
        assert_eq!(
            (open.starts_at(), open.ends_at(), open.phase(at(99))),
            (at(10), None, IncidentPhase::Active)
        );
        let explained = incident(&[(10, Investigating), (20, Resolved), (30, Resolved)]);
        assert_eq!(explained.ends_at(), Some(at(20)));
        assert_eq!(
            [19, 20].map(|now| explained.phase(at(now))),
            [IncidentPhase::Active, IncidentPhase::Ended]
        );
        let again = incident(&[(10, Investigating), (20, Resolved), (30, Investigating)]);
        assert_eq!((again.ends_at(), again.status()), (None, Investigating));
    }

    #[test]
    fn maintenance_begins_and_ends_as_planned_or_earlier() {
        let maintenance = Some(Maintenance { starts_at: at(100), ends_at: at(200) });
        let planned = Incident { maintenance, ..incident(&[(10, IncidentStatus::Scheduled)]) };
        let phases = [99, 100, 199, 200].map(|now| planned.phase(at(now)));
        let (coming, active, ended) = (IncidentPhase::Coming, IncidentPhase::Active, IncidentPhase::Ended);
        assert_eq!(phases, [coming, active, active, ended]);
        let resolved = [(10, IncidentStatus::Scheduled), (150, IncidentStatus::Resolved)];
        let early = Incident { maintenance, ..incident(&resolved) };
        assert_eq!((early.starts_at(), early.ends_at()), (at(100), Some(at(150))));
        let late = [(10, IncidentStatus::Scheduled), (250, IncidentStatus::Resolved)];
        assert_eq!(Incident { maintenance, ..incident(&late) }.ends_at(), Some(at(200)));
    }

    #[test]
    fn an_incident_is_on_the_pages_that_it_names_or_on_all() {
        let all = incident(&[]);
        let one = Incident { pages: vec!["shop".into()], ..incident(&[]) };
        assert_eq!((all.is_on("shop"), one.is_on("shop"), one.is_on("office")), (true, true, false));
    }
}
