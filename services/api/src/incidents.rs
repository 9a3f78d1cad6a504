//! Lists, opens and updates incidents.

mod draft;

pub(crate) use draft::{Update, read_request, read_update};

use axum::http::StatusCode;
use std::sync::Arc;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Incident, IncidentStatus, Timestamp, Violation};
use watchkeeper_ports::{IncidentStore, PortError};
use watchkeeper_query::{MAX_OPEN_INCIDENTS, StatusPages, open_incidents, recent_incidents};
use watchkeeper_runtime::http::Problem;

/// Most updates of one incident.
const MAX_UPDATES: usize = 100;
/// How often an update is tried if others are added at the same time.
const TRIES: usize = 5;

pub(crate) struct Incidents {
    store: Arc<dyn IncidentStore>,
    pages: Reloadable<StatusPages>,
}

/// The result of opening an incident.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Opened {
    /// Opened.
    New(Incident),
    /// It existed before.
    Before(Incident),
}

impl Incidents {
    pub(crate) fn new(store: Arc<dyn IncidentStore>, pages: Reloadable<StatusPages>) -> Self {
        Self { store, pages }
    }

    /// The status pages that there are.
    pub(crate) fn pages(&self) -> Arc<StatusPages> {
        self.pages.current()
    }

    /// Incidents that have not ended; with `ended` also those that ended lately.
    pub(crate) async fn list(&self, ended: bool, now: Timestamp) -> Result<Vec<Incident>, PortError> {
        if ended {
            recent_incidents(&*self.store, now).await
        } else {
            open_incidents(&*self.store, now).await
        }
    }

    /// Stores a new incident.
    ///
    /// # Errors
    /// 409 when its ID is in use by a different one, or [`MAX_OPEN_INCIDENTS`] are open. Requests at the same time may
    /// exceed the limit by their number.
    pub(crate) async fn open(&self, incident: Incident, now: Timestamp) -> Result<Opened, Problem> {
        let id = &incident.id;
        if let Some(before) = self.store.incident(id).await? {
            return before_or_conflict(before, &incident);
        }
        if open_incidents(&*self.store, now).await?.len() >= MAX_OPEN_INCIDENTS {
            let detail =
                format!("{MAX_OPEN_INCIDENTS} incidents are open, which is the limit: resolve some first");
            return Err(conflict(detail));
        }
        if !self.store.put(&incident).await? {
            let before = self.store.incident(id).await?;
            return before
                .map_or_else(|| Err(changed_meanwhile(id)), |before| before_or_conflict(before, &incident));
        }
        tracing::info!(incident = id, title = incident.title, "incident opened");
        Ok(Opened::New(incident))
    }

    /// Adds an update; `None` if there is no such incident.
    ///
    /// # Errors
    /// 400 when the status does not fit the incident; 409 when it has [`MAX_UPDATES`], or others keep adding updates.
    pub(crate) async fn update(&self, id: &str, update: Update) -> Result<Option<Incident>, Problem> {
        for _ in 0..TRIES {
            let Some(mut incident) = self.store.incident(id).await? else { return Ok(None) };
            if incident.updates.len() >= MAX_UPDATES {
                let detail =
                    format!("incident {id} has {MAX_UPDATES} updates, which is the limit: open another one");
                return Err(conflict(detail));
            }
            let status = update.status.unwrap_or_else(|| incident.status());
            check_status(status, incident.maintenance.is_some())?;
            incident.updates.push(update.clone().with(status));
            if self.store.put(&incident).await? {
                tracing::info!(incident = id, %status, "incident updated");
                return Ok(Some(incident));
            }
        }
        Err(changed_meanwhile(id))
    }
}

/// Maintenance is scheduled until it is over; an incident never is.
fn check_status(status: IncidentStatus, is_maintenance: bool) -> Result<(), Violation> {
    let reason = match (status, is_maintenance) {
        (IncidentStatus::Resolved, _) | (IncidentStatus::Scheduled, true) => return Ok(()),
        (IncidentStatus::Scheduled, false) => "must not be scheduled: this is not maintenance".to_owned(),
        (_, true) => format!("must be scheduled or resolved for maintenance, is {status}"),
        (_, false) => return Ok(()),
    };
    Err(Violation::new("status", reason))
}

/// Whether both come from the same request: what changes later, and times, are not compared.
fn before_or_conflict(before: Incident, incident: &Incident) -> Result<Opened, Problem> {
    let text = |incident: &Incident| incident.updates.first().map(|first| first.text.clone());
    let is_same = (&before.title, &before.pages, &before.affected, text(&before))
        == (&incident.title, &incident.pages, &incident.affected, text(incident));
    if is_same {
        return Ok(Opened::Before(before));
    }
    Err(conflict(format!("id: another incident has the ID {}", incident.id)))
}

fn changed_meanwhile(id: &str) -> Problem {
    conflict(format!("incident {id} was changed at the same time: look at it and try again"))
}

fn conflict(detail: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::IncidentUpdate;
    use watchkeeper_test_kit::World;

    fn incidents(world: &World) -> Incidents {
        Incidents::new(world.incidents.clone(), Reloadable::new(StatusPages::default()))
    }

    fn incident(id: &str) -> Incident {
        let update = IncidentUpdate {
            at: Timestamp::now(),
            status: IncidentStatus::Investigating,
            text: "text".into(),
            by: "ops".into(),
        };
        Incident {
            id: id.into(),
            title: "slow".into(),
            pages: Vec::new(),
            affected: Vec::new(),
            maintenance: None,
            updates: vec![update],
        }
    }

    fn update(status: Option<IncidentStatus>) -> Update {
        Update { at: Timestamp::now(), status, text: "text".into(), by: "ops".into() }
    }

    #[tokio::test]
    async fn no_more_incidents_are_open_than_the_limit_until_one_is_resolved() {
        let world = World::new();
        let (incidents, now) = (incidents(&world), Timestamp::now());
        for id in 0..MAX_OPEN_INCIDENTS {
            incidents.open(incident(&id.to_string()), now).await.unwrap();
        }
        let refused = incidents.open(incident("more"), now).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        assert_eq!(refused.detail(), "100 incidents are open, which is the limit: resolve some first");
        incidents.update("7", update(Some(IncidentStatus::Resolved))).await.unwrap();
        let opened = incidents.open(incident("more"), Timestamp::now()).await;
        assert!(matches!(opened, Ok(Opened::New(_))));
    }

    #[tokio::test]
    async fn an_incident_has_no_more_updates_than_the_limit() {
        let world = World::new();
        let incidents = incidents(&world);
        incidents.open(incident("a"), Timestamp::now()).await.unwrap();
        for _ in 1..MAX_UPDATES {
            incidents.update("a", update(None)).await.unwrap().unwrap();
        }
        let refused = incidents.update("a", update(None)).await.unwrap_err();
        assert_eq!(refused.detail(), "incident a has 100 updates, which is the limit: open another one");
    }

    #[tokio::test]
    async fn updates_at_the_same_time_are_all_kept() {
        let world = World::new();
        let incidents = incidents(&world);
        incidents.open(incident("a"), Timestamp::now()).await.unwrap();
        let adding = || incidents.update("a", update(None));
        let added = tokio::join!(adding(), adding(), adding());
        for added in [added.0, added.1, added.2] {
            added.unwrap();
        }
        assert_eq!(world.incidents.incident("a").await.unwrap().unwrap().updates.len(), 4);
    }

    #[test]
    fn maintenance_is_scheduled_until_it_is_over_and_an_incident_never_is() {
        for status in IncidentStatus::ALL {
            let fits_maintenance = matches!(status, IncidentStatus::Scheduled | IncidentStatus::Resolved);
            assert_eq!(check_status(status, true).is_ok(), fits_maintenance, "{status}");
            assert_eq!(check_status(status, false).is_ok(), status != IncidentStatus::Scheduled, "{status}");
        }
    }
}
