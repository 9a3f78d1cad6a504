//! A status page for programs.

use super::days::uptime;
use super::overall::Overall;
use super::{MAX_ENDED_SHOWN, MAX_OPEN_SHOWN};
use crate::gather::{ServiceState, Shown};
use serde::Serialize;
use watchkeeper_domain::{Incident, IncidentPhase, IncidentUpdate, Timestamp};
use watchkeeper_query::StatusPage;

#[derive(Serialize)]
struct PageJson<'a> {
    name: &'a str,
    title: &'a str,
    /// `operational`, `unknown`, `maintenance`, `incident` or `down`.
    status: &'static str,
    /// The status in a sentence.
    text: String,
    /// The first minute at which it may have been so.
    at: String,
    services: Vec<ServiceJson<'a>>,
    incidents: Vec<PublicIncidentJson<'a>>,
}

#[derive(Serialize)]
struct ServiceJson<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    /// `up`, `unknown`, `maintenance` or `down`.
    state: &'static str,
    /// Of the days that the page shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime_percent: Option<f64>,
}

/// Without what only the API shows: who wrote an update.
#[derive(Serialize)]
struct PublicIncidentJson<'a> {
    id: &'a str,
    title: &'a str,
    /// `active`, `coming` or `ended`.
    state: &'static str,
    status: &'static str,
    is_maintenance: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    affected: &'a [String],
    starts_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
    updates: Vec<PublicUpdateJson<'a>>,
}

#[derive(Serialize)]
struct PublicUpdateJson<'a> {
    at: String,
    status: &'static str,
    text: &'a str,
}

/// The page as JSON.
pub(crate) fn json(page: &StatusPage, shown: &Shown) -> Result<String, serde_json::Error> {
    let Overall { level, text } = Overall::of(shown);
    let services = shown.groups.iter().flat_map(|group| {
        group.services.iter().map(|service| ServiceJson {
            id: &service.id,
            name: &service.name,
            group: group.name.as_deref(),
            state: state(service.state),
            uptime_percent: uptime(&service.days),
        })
    });
    let incidents = shown.incidents.iter().take(MAX_OPEN_SHOWN + MAX_ENDED_SHOWN);
    serde_json::to_string(&PageJson {
        name: &page.name,
        title: &page.title,
        status: level.name(),
        text,
        at: minute(shown.at),
        services: services.collect(),
        incidents: incidents.map(|incident| incident_json(incident, shown.at)).collect(),
    })
}

/// The time in whole minutes, so that what has not changed is the same for a while.
fn minute(at: Timestamp) -> String {
    at.window_start(std::time::Duration::from_secs(60)).to_string()
}

fn incident_json(incident: &Incident, now: Timestamp) -> PublicIncidentJson<'_> {
    PublicIncidentJson {
        id: &incident.id,
        title: &incident.title,
        state: match incident.phase(now) {
            IncidentPhase::Coming => "coming",
            IncidentPhase::Active => "active",
            IncidentPhase::Ended => "ended",
        },
        status: incident.status().name(),
        is_maintenance: incident.maintenance.is_some(),
        affected: &incident.affected,
        starts_at: incident.starts_at().to_string(),
        ends_at: incident.ends_at().map(|end| end.to_string()),
        updates: incident.updates.iter().rev().take(super::MAX_UPDATES_SHOWN).map(update_json).collect(),
    }
}

fn update_json(update: &IncidentUpdate) -> PublicUpdateJson<'_> {
    PublicUpdateJson { at: update.at.to_string(), status: update.status.name(), text: &update.text }
}

const fn state(state: ServiceState) -> &'static str {
    match state {
        ServiceState::Down => "down",
        ServiceState::Maintenance => "maintenance",
        ServiceState::Unknown => "unknown",
        ServiceState::Up => "up",
    }
}
