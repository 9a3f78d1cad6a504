//! Incidents, including ended ones.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::sides::{Between, Stores};
use std::sync::Arc;
use watchkeeper_domain::Incident;
use watchkeeper_ports::{IncidentStore, PortError};

/// Incidents in one read: of the longest ones, some 50 MB.
const PAGE: usize = 100;

pub(crate) struct Incidents<'m>(pub(crate) &'m Between<Stores>);

async fn page(store: &Arc<dyn IncidentStore>, after: Option<&Incident>) -> Result<Vec<Incident>, PortError> {
    store.incidents(after.map(|last| last.id.as_str()), PAGE).await
}

impl Carried for Incidents<'_> {
    type Item = Incident;

    const BATCH: usize = PAGE;

    async fn here(&self, after: Option<&Incident>) -> Result<Vec<Incident>, PortError> {
        page(&self.0.here.incidents, after).await
    }

    async fn there(&self, after: Option<&Incident>) -> Result<Vec<Incident>, PortError> {
        page(&self.0.there.incidents, after).await
    }

    async fn put(&self, lacking: Vec<Incident>) -> Result<(), PortError> {
        for incident in &lacking {
            // If somebody else has stored one with more updates meanwhile, the comparison finds it.
            self.0.there.incidents.put(incident).await?;
        }
        Ok(())
    }
}

impl Item for Incident {
    type Key<'a> = &'a str;

    fn key(&self) -> &str {
        &self.id
    }

    fn standing(&self, there: &Self) -> Standing {
        if self == there {
            Standing::Same
        } else if self.updates.starts_with(&there.updates) && self.updates.len() > there.updates.len() {
            Standing::Behind
        } else {
            Standing::Different
        }
    }
}
