//! The promises of the ports.

use crate::place::Place;
use std::sync::Arc;
use watchkeeper_port_contract::Fixture;
use watchkeeper_port_contract::reports::Reported;
use watchkeeper_ports::{
    AlertStore, EventStore, IncidentStore, NotificationStore, SampleStore, ScheduleStore, SilenceStore,
};

impl Fixture<dyn SampleStore> for Place {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn SampleStore> {
        self.store().samples()
    }
}

impl Fixture<dyn EventStore> for Place {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn EventStore> {
        self.store().events()
    }
}

impl Fixture<Reported> for Place {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<Reported> {
        let store = self.store();
        Arc::new(Reported { reports: store.reports(), events: store.events(), samples: store.samples() })
    }
}

impl Fixture<dyn ScheduleStore> for Place {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn ScheduleStore> {
        self.store().schedule()
    }
}

impl Fixture<dyn AlertStore> for Place {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn AlertStore> {
        self.store().alerts()
    }
}

impl Fixture<dyn NotificationStore> for Place {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn NotificationStore> {
        self.store().notifications()
    }
}

impl Fixture<dyn SilenceStore> for Place {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn SilenceStore> {
        self.store().silences()
    }
}

impl Fixture<dyn IncidentStore> for Place {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn IncidentStore> {
        self.store().incidents()
    }
}

mod sample_store {
    watchkeeper_port_contract::sample_store_contract!(super::Place);
}

mod event_store {
    watchkeeper_port_contract::event_store_contract!(super::Place);
}

mod reports {
    watchkeeper_port_contract::reports_contract!(super::Place);
}

mod schedule_store {
    watchkeeper_port_contract::schedule_store_contract!(super::Place);
}

mod alert_store {
    watchkeeper_port_contract::alert_store_contract!(super::Place);
}

mod notification_store {
    watchkeeper_port_contract::notification_store_contract!(super::Place);
}

mod silence_store {
    watchkeeper_port_contract::silence_store_contract!(super::Place);
}

mod incident_store {
    watchkeeper_port_contract::incident_store_contract!(super::Place);
}
