//! The sentence at the top of a status page.

use crate::gather::{ServiceState, Shown};
use watchkeeper_domain::IncidentPhase;

/// How everything is, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Overall {
    pub(super) level: Level,
    pub(super) text: String,
}

/// How bad it is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Down,
    Incident,
    Maintenance,
    Unknown,
    Well,
}

impl Level {
    /// Its name for programs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Incident => "incident",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
            Self::Well => "operational",
        }
    }

    /// The class of its mark.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Down => "degraded",
            Self::Incident => "waiting",
            Self::Maintenance => "maintained",
            Self::Unknown => "unknown",
            Self::Well => "well",
        }
    }
}

impl Overall {
    pub(super) fn of(shown: &Shown) -> Self {
        let (level, text) = judge(shown);
        Self { level, text }
    }
}

fn judge(shown: &Shown) -> (Level, String) {
    let total = shown.services().count();
    let (down, unknown) = (shown.count(ServiceState::Down), shown.count(ServiceState::Unknown));
    let active =
        || shown.incidents.iter().filter(|incident| incident.phase(shown.at) == IncidentPhase::Active);
    let incidents = active().filter(|incident| incident.maintenance.is_none()).count();
    let has_maintenance = active().any(|incident| incident.maintenance.is_some());
    match (down, incidents) {
        (0, 0) => {}
        (0, 1) => return (Level::Incident, "1 open incident".to_owned()),
        (0, incidents) => return (Level::Incident, format!("{incidents} open incidents")),
        (1, _) if total == 1 => return (Level::Down, "The service is down".to_owned()),
        (down, _) if down == total => return (Level::Down, format!("All {total} services are down")),
        (1, _) => return (Level::Down, format!("1 of {total} services is down")),
        (down, _) => return (Level::Down, format!("{down} of {total} services are down")),
    }
    if has_maintenance {
        return (Level::Maintenance, "Maintenance in progress".to_owned());
    }
    match unknown {
        _ if total == 0 => (Level::Unknown, "No service is shown here yet".to_owned()),
        0 => (Level::Well, "All systems operational".to_owned()),
        unknown if unknown == total => (Level::Unknown, "The current state is not known".to_owned()),
        unknown => (Level::Unknown, format!("The state of {unknown} of {total} services is not known")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::{Service, ServiceGroup};
    use crate::page::status_page::incident::tests::{incident, maintenance};
    use watchkeeper_domain::{Incident, Timestamp};

    fn text(states: &[ServiceState], incidents: Vec<Incident>) -> String {
        let service = |&state| Service { id: String::new(), name: String::new(), state, days: Vec::new() };
        let group = ServiceGroup { name: None, services: states.iter().map(service).collect() };
        let at: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        Overall::of(&Shown { at, groups: vec![group], incidents }).text
    }

    #[test]
    fn the_worst_is_said_in_one_sentence() {
        use ServiceState::{Down, Maintenance, Unknown, Up};
        for (states, expected) in [
            (&[Up, Up][..], "All systems operational"),
            (&[Up, Down, Unknown], "1 of 3 services is down"),
            (&[Up, Down, Down], "2 of 3 services are down"),
            (&[Down, Down], "All 2 services are down"),
            (&[Down], "The service is down"),
            (&[Up, Unknown], "The state of 1 of 2 services is not known"),
            (&[Unknown, Unknown], "The current state is not known"),
            (&[], "No service is shown here yet"),
        ] {
            assert_eq!(text(states, Vec::new()), expected);
        }
        let open = || incident("a", "2026-11-20T09:00:00Z", None);
        assert_eq!(text(&[Up], vec![open()]), "1 open incident");
        assert_eq!(text(&[Up], vec![open(), open()]), "2 open incidents");
        assert_eq!(text(&[Up, Down], vec![open()]), "1 of 2 services is down");
        assert_eq!(
            text(&[Up], vec![incident("a", "2026-11-20T08:00:00Z", Some("2026-11-20T09:00:00Z"))]),
            "All systems operational"
        );
        let work = |from, until| vec![maintenance("a", from, until)];
        let now = work("2026-11-20T09:00:00Z", "2026-11-20T11:00:00Z");
        assert_eq!(text(&[Maintenance, Up], now), "Maintenance in progress");
        let later = work("2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z");
        assert_eq!(text(&[Up], later), "All systems operational");
    }
}
