//! Runs the port contracts on the embedded adapters.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use watchkeeper_adapter_embedded::{
    EmbeddedAlerts, EmbeddedBus, EmbeddedEvents, EmbeddedOptions, EmbeddedReports, EmbeddedRollups,
    EmbeddedStore, MaildirMailer, MemoryAnswers, MemoryCache,
};
use watchkeeper_port_contract::Fixture;
use watchkeeper_port_contract::mailer::MailFixture;
use watchkeeper_port_contract::reports::Reported;
use watchkeeper_ports::{
    AlertStore, AnswerCache, EventBus, EventStore, IncidentStore, LatestCache, Mailer, NotificationStore,
    RollupStore, SampleStore, ScheduleStore, SilenceStore,
};

/// A directory that is removed at the end.
struct Directory(TempDir);

impl Directory {
    fn fresh() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn store(&self) -> EmbeddedStore {
        EmbeddedStore::open(self.path()).unwrap()
    }

    fn alerts(&self) -> EmbeddedAlerts {
        EmbeddedAlerts::open(self.path()).unwrap()
    }
}

impl Fixture<dyn EventBus> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn EventBus> {
        Arc::new(EmbeddedBus::open(self.path(), &EmbeddedOptions::default()).unwrap())
    }
}

impl Fixture<dyn SampleStore> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn SampleStore> {
        self.store().samples()
    }
}

impl Fixture<dyn EventStore> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn EventStore> {
        Arc::new(EmbeddedEvents::open(self.path()).unwrap())
    }
}

impl Fixture<Reported> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<Reported> {
        Arc::new(Reported {
            events: Arc::new(EmbeddedEvents::open(self.path()).unwrap()),
            samples: self.store().samples(),
            reports: Arc::new(EmbeddedReports::of(self.path())),
        })
    }
}

impl Fixture<dyn RollupStore> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn RollupStore> {
        Arc::new(EmbeddedRollups::open(self.path()).unwrap())
    }
}

impl Fixture<dyn ScheduleStore> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn ScheduleStore> {
        self.store().schedule()
    }
}

impl Fixture<dyn AlertStore> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn AlertStore> {
        self.alerts().alerts()
    }
}

impl Fixture<dyn NotificationStore> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn NotificationStore> {
        self.alerts().notifications()
    }
}

impl Fixture<dyn SilenceStore> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn SilenceStore> {
        self.alerts().silences()
    }
}

impl Fixture<dyn IncidentStore> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn IncidentStore> {
        self.alerts().incidents()
    }
}

impl Fixture<dyn Mailer> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn Mailer> {
        Arc::new(MaildirMailer::open(self.path()).unwrap())
    }
}

impl MailFixture for Directory {
    async fn received(&self) -> Vec<Vec<u8>> {
        let Ok(new) = self.path().join("new").read_dir() else { return Vec::new() };
        new.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
    }
}

/// Memory, which cannot be reopened.
struct Memory;

impl Fixture<dyn LatestCache> for Memory {
    async fn fresh() -> Self {
        Self
    }

    async fn open(&self) -> Arc<dyn LatestCache> {
        Arc::new(MemoryCache::new())
    }
}

impl Fixture<dyn AnswerCache> for Memory {
    async fn fresh() -> Self {
        Self
    }

    async fn open(&self) -> Arc<dyn AnswerCache> {
        Arc::new(MemoryAnswers::new())
    }
}

mod event_bus {
    watchkeeper_port_contract::event_bus_contract!(super::Directory);
}

mod sample_store {
    watchkeeper_port_contract::sample_store_contract!(super::Directory);
}

mod rollup_store {
    watchkeeper_port_contract::rollup_store_contract!(super::Directory);
}

mod schedule_store {
    watchkeeper_port_contract::schedule_store_contract!(super::Directory);
}

mod alert_store {
    watchkeeper_port_contract::alert_store_contract!(super::Directory);
}

mod notification_store {
    watchkeeper_port_contract::notification_store_contract!(super::Directory);
}

mod silence_store {
    watchkeeper_port_contract::silence_store_contract!(super::Directory);
}

mod incident_store {
    watchkeeper_port_contract::incident_store_contract!(super::Directory);
}

mod mailer {
    watchkeeper_port_contract::mailer_contract!(super::Directory);
}

mod latest_cache {
    watchkeeper_port_contract::latest_cache_contract!(super::Memory);
}

mod event_store {
    watchkeeper_port_contract::event_store_contract!(super::Directory);
}

mod reports {
    watchkeeper_port_contract::reports_contract!(super::Directory);
}

mod answer_cache {
    watchkeeper_port_contract::answer_cache_contract!(super::Memory);
}
