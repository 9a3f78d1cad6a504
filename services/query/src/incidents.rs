//! Incidents: those that are open, and those that ended lately.

use std::time::Duration;
use watchkeeper_domain::{Incident, IncidentPhase, Timestamp};
use watchkeeper_ports::{IncidentStore, PortError};

/// Maximum number of incidents that have not ended: no more can be opened.
pub const MAX_OPEN_INCIDENTS: usize = 100;
/// Maximum number of incidents that are read for one result, open ones and ended ones.
pub const MAX_INCIDENTS: usize = 500;
/// Ended incidents are shown for this long.
pub const INCIDENTS_SHOWN: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How long incidents are kept after their end.
pub const INCIDENTS_KEPT: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The incidents that have not ended by `now`: active ones, the latest first; then coming maintenance, the next first. At
/// most [`MAX_INCIDENTS`].
///
/// # Errors
/// Those of [`IncidentStore::ending_from`].
pub async fn open_incidents(store: &dyn IncidentStore, now: Timestamp) -> Result<Vec<Incident>, PortError> {
    let mut open = store.ending_from(now, MAX_INCIDENTS).await?;
    open.retain(|incident| incident.phase(now) != IncidentPhase::Ended);
    open.sort_by_cached_key(|incident| order(incident, now));
    Ok(open)
}

/// The same, followed by those that ended within [`INCIDENTS_SHOWN`], last ended first. At most [`MAX_INCIDENTS`] in
/// all.
///
/// # Errors
/// Those of [`IncidentStore::ending_from`].
pub async fn recent_incidents(store: &dyn IncidentStore, now: Timestamp) -> Result<Vec<Incident>, PortError> {
    let mut recent = store.ending_from(now.minus(INCIDENTS_SHOWN), MAX_INCIDENTS).await?;
    recent.sort_by_cached_key(|incident| order(incident, now));
    Ok(recent)
}

fn order(incident: &Incident, now: Timestamp) -> (u8, i64) {
    let (start, end) = (incident.starts_at(), incident.ends_at().unwrap_or(Timestamp::MAX));
    match incident.phase(now) {
        IncidentPhase::Active => (0, -start.as_micros()),
        IncidentPhase::Coming => (1, start.as_micros()),
        IncidentPhase::Ended => (2, -end.as_micros()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use watchkeeper_adapter_embedded::EmbeddedAlerts;
    use watchkeeper_domain::{IncidentStatus, IncidentUpdate, Maintenance};

    fn incident(id: usize, at: Timestamp, status: IncidentStatus) -> Incident {
        Incident {
            id: format!("{id:04}"),
            title: "The shop is slow".into(),
            pages: Vec::new(),
            affected: Vec::new(),
            maintenance: None,
            updates: vec![IncidentUpdate { at, status, text: "text".into(), by: "ops".into() }],
        }
    }

    #[tokio::test]
    async fn open_ones_come_first_and_no_more_are_read_than_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedAlerts::open(dir.path()).unwrap().incidents();
        let now = Timestamp::now();
        let hours = |id: usize| Duration::from_secs(60 * 60) * u32::try_from(id).unwrap();
        let ended =
            (1..=MAX_INCIDENTS).map(|id| incident(id, now.minus(hours(id)), IncidentStatus::Resolved));
        let long_ago = incident(9_000, now.minus(INCIDENTS_SHOWN + hours(1)), IncidentStatus::Resolved);
        let open = incident(9_001, now.minus(hours(1)), IncidentStatus::Investigating);
        let made = ended.chain([long_ago, open]);
        // All at once, so that they are written at once.
        join_all(made.map(|incident| {
            let store = &store;
            async move { store.put(&incident).await.unwrap() }
        }))
        .await;
        let ids = |incidents: &[Incident]| -> Vec<String> {
            incidents.iter().map(|incident| incident.id.clone()).collect()
        };
        assert_eq!(ids(&open_incidents(&*store, now).await.unwrap()), ["9001"]);
        let recent = ids(&recent_incidents(&*store, now).await.unwrap());
        assert_eq!((recent.len(), &*recent[0], &*recent[1]), (MAX_INCIDENTS, "9001", "0001"));
        assert_eq!(recent.last().unwrap(), &format!("{:04}", MAX_INCIDENTS - 1));
    }

    #[tokio::test]
    async fn the_latest_comes_first_of_active_ones_and_the_next_of_coming_ones() {
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedAlerts::open(dir.path()).unwrap().incidents();
        let (now, hour) = (Timestamp::now(), Duration::from_secs(60 * 60));
        let planned = |id, hours: u32| Incident {
            maintenance: Some(Maintenance {
                starts_at: now.plus(hour * hours),
                ends_at: now.plus(hour * (hours + 1)),
            }),
            ..incident(id, now, IncidentStatus::Scheduled)
        };
        let active = |id, hours: u32| incident(id, now.minus(hour * hours), IncidentStatus::Monitoring);
        for made in [planned(1, 9), planned(2, 5), active(3, 7), active(4, 2), active(5, 3)] {
            store.put(&made).await.unwrap();
        }
        let open = open_incidents(&*store, now).await.unwrap();
        let ids: Vec<_> = open.iter().map(|incident| incident.id.as_str()).collect();
        assert_eq!(ids, ["0004", "0005", "0003", "0002", "0001"]);
    }

    #[tokio::test]
    async fn what_ended_long_ago_is_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedAlerts::open(dir.path()).unwrap().incidents();
        let (now, second) = (Timestamp::now(), Duration::from_secs(1));
        let limit = now.minus(INCIDENTS_SHOWN);
        for (id, ended) in [(1, limit.plus(second)), (2, limit.minus(second))] {
            store.put(&incident(id, ended, IncidentStatus::Resolved)).await.unwrap();
        }
        let recent = recent_incidents(&*store, now).await.unwrap();
        assert_eq!((recent.len(), recent[0].id.as_str()), (1, "0001"));
    }
}
