//! Incidents and maintenance on a status page.

use super::MAX_UPDATES_SHOWN;
use super::text::{Piece, paragraphs};
use super::when::When;
use jiff::tz::TimeZone;
use watchkeeper_domain::{Incident, IncidentStatus, IncidentUpdate};

/// An incident with its updates, the newest first.
pub(super) struct IncidentView<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) affected: String,
    pub(super) status: &'static str,
    pub(super) is_maintenance: bool,
    pub(super) starts: When,
    pub(super) ends: Option<When>,
    pub(super) updates: Vec<UpdateView<'a>>,
    /// How many older updates are not shown.
    pub(super) more_updates: usize,
}

pub(super) struct UpdateView<'a> {
    pub(super) status: &'static str,
    pub(super) when: When,
    pub(super) paragraphs: Vec<Vec<Vec<Piece<'a>>>>,
}

/// The incidents that ended on one day.
pub(super) struct PastDay<'a> {
    pub(super) day: When,
    pub(super) incidents: Vec<IncidentView<'a>>,
}

impl<'a> IncidentView<'a> {
    pub(super) fn new(incident: &'a Incident, zone: &TimeZone) -> Self {
        let updates = incident.updates.iter().rev().take(MAX_UPDATES_SHOWN);
        Self {
            id: &incident.id,
            title: &incident.title,
            affected: incident.affected.join(", "),
            status: words(incident.status()),
            is_maintenance: incident.maintenance.is_some(),
            starts: When::minute(incident.starts_at(), zone),
            ends: incident.ends_at().map(|end| When::minute(end, zone)),
            updates: updates.map(|update| UpdateView::new(update, zone)).collect(),
            more_updates: incident.updates.len().saturating_sub(MAX_UPDATES_SHOWN),
        }
    }
}

impl<'a> UpdateView<'a> {
    fn new(update: &'a IncidentUpdate, zone: &TimeZone) -> Self {
        Self {
            status: words(update.status),
            when: When::minute(update.at, zone),
            paragraphs: paragraphs(&update.text),
        }
    }
}

/// The days on which incidents ended, in their order.
pub(super) fn past_days<'a>(ended: impl Iterator<Item = &'a Incident>, zone: &TimeZone) -> Vec<PastDay<'a>> {
    let mut days: Vec<PastDay<'a>> = Vec::new();
    for incident in ended {
        let day = When::day(incident.ends_at().unwrap_or_else(|| incident.starts_at()), zone);
        let view = IncidentView::new(incident, zone);
        match days.last_mut() {
            Some(last) if last.day == day => last.incidents.push(view),
            _ => days.push(PastDay { day, incidents: vec![view] }),
        }
    }
    days
}

/// In words, for readers.
pub(super) const fn words(status: IncidentStatus) -> &'static str {
    match status {
        IncidentStatus::Investigating => "Investigating",
        IncidentStatus::Identified => "Identified",
        IncidentStatus::Monitoring => "Monitoring",
        IncidentStatus::Scheduled => "Scheduled",
        IncidentStatus::Resolved => "Resolved",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use watchkeeper_domain::Maintenance;

    fn update(at: &str, status: IncidentStatus) -> IncidentUpdate {
        IncidentUpdate { at: at.parse().unwrap(), status, text: "text".into(), by: "ops".into() }
    }

    /// An incident that began at `start`, and was resolved at `end`.
    pub(in crate::page::status_page) fn incident(id: &str, start: &str, end: Option<&str>) -> Incident {
        let first = update(start, IncidentStatus::Investigating);
        let last = end.map(|end| update(end, IncidentStatus::Resolved));
        Incident {
            id: id.to_owned(),
            title: format!("title of {id}"),
            pages: Vec::new(),
            affected: Vec::new(),
            maintenance: None,
            updates: [first].into_iter().chain(last).collect(),
        }
    }

    /// Maintenance that was announced some days before.
    pub(in crate::page::status_page) fn maintenance(id: &str, from: &str, until: &str) -> Incident {
        let planned = Maintenance { starts_at: from.parse().unwrap(), ends_at: until.parse().unwrap() };
        Incident {
            maintenance: Some(planned),
            updates: vec![update("2026-11-01T00:00:00Z", IncidentStatus::Scheduled)],
            ..incident(id, from, None)
        }
    }

    #[test]
    fn past_incidents_are_listed_by_the_day_on_which_they_ended_in_the_zone_of_the_page() {
        let ended = [
            incident("c", "2026-11-20T20:00:00Z", Some("2026-11-20T23:30:00Z")),
            incident("b", "2026-11-19T20:00:00Z", Some("2026-11-20T23:10:00Z")),
            incident("a", "2026-11-20T20:00:00Z", Some("2026-11-20T22:30:00Z")),
        ];
        let days = |zone: &TimeZone| -> Vec<(String, Vec<String>)> {
            let ids =
                |day: &PastDay<'_>| day.incidents.iter().map(|incident| incident.id.to_owned()).collect();
            past_days(ended.iter(), zone).iter().map(|day| (day.day.at.clone(), ids(day))).collect()
        };
        let all = vec!["c".to_owned(), "b".to_owned(), "a".to_owned()];
        assert_eq!(days(&TimeZone::UTC), [("2026-11-20".to_owned(), all.clone())]);
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let expected =
            [("2026-11-21".to_owned(), all[..2].to_vec()), ("2026-11-20".to_owned(), all[2..].to_vec())];
        assert_eq!(days(&berlin), expected);
    }

    #[test]
    fn of_many_updates_the_newest_are_shown() {
        let mut long = incident("a", "2026-11-20T10:00:00Z", None);
        long.updates = (10..55)
            .map(|minute| update(&format!("2026-11-20T10:{minute}:00Z"), IncidentStatus::Monitoring))
            .collect();
        let view = IncidentView::new(&long, &TimeZone::UTC);
        assert_eq!((view.updates.len(), view.more_updates), (MAX_UPDATES_SHOWN, 45 - MAX_UPDATES_SHOWN));
        assert_eq!(view.updates[0].when.text, "20 Nov 2026, 10:54 UTC");
    }
}
