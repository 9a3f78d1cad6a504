//! Runs one migration.

use crate::alerts::Alerts;
use crate::carry::{Carried, carry};
use crate::events;
use crate::groups::Groups;
use crate::incidents::Incidents;
use crate::marks::{PassMarks, ScheduleMarks};
use crate::memories::Memories;
use crate::notifications::{MAX_NOTIFICATIONS, Notifications};
use crate::past::Past;
use crate::patience::patiently;
use crate::positions::{Positions, lowest};
use crate::progress::{Event, Teller};
use crate::records::Records;
use crate::report::{Counts, Line, Report};
use crate::rollups::windows;
use crate::samples::days;
use crate::sides::{Between, Migration, StoreMigration};
use crate::silences::Silences;
use std::sync::Arc;
use watchkeeper_domain::{Timestamp, Window};
use watchkeeper_ports::{PortError, RollupStore};

/// Why a migration failed. Starting it again continues it.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {error}")]
pub struct MigrateError {
    /// The kind that was being migrated.
    what: &'static str,
    #[source]
    error: PortError,
}

/// Migrates everything in `moving`; `passes` are the names under which analytics keeps its progress. `tell`
/// is called often, and must be quick.
///
/// # Errors
/// If an engine stays unavailable for longer than the retries last ([`MAX_RETRIES`](crate::MAX_RETRIES)), or
/// refuses something.
pub async fn run(
    moving: &Migration,
    passes: &[String],
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<Report, MigrateError> {
    let mut run = Run { teller: Teller::new(tell), report: Report::default() };
    run.check_engines(moving).await?;
    if let Some(store) = &moving.store {
        run.store(store).await?;
    }
    if let Some(rollups) = &moving.rollups {
        run.rollups(rollups, passes).await?;
    }
    if let Some(store) = &moving.store {
        // Last, because positions say that everything before them is there.
        run.bus(store).await?;
    }
    Ok(run.report)
}

struct Run<'a> {
    teller: Teller<'a>,
    report: Report,
}

impl Run<'_> {
    /// Checks all engines first, so that a missing one is noticed now, and not after hours.
    async fn check_engines(&mut self, moving: &Migration) -> Result<(), MigrateError> {
        self.ask("connecting to the engines", async || {
            if let Some(StoreMigration { stores, new_bus, .. }) = &moving.store {
                stores.there.samples.check().await?;
                stores.there.events.check().await?;
                if let Some(bus) = new_bus {
                    bus.topics().await?;
                }
            }
            match &moving.rollups {
                Some(rollups) => rollups.there.check().await,
                None => Ok(()),
            }
        })
        .await
    }

    async fn store(&mut self, moving: &StoreMigration) -> Result<(), MigrateError> {
        let stores = &moving.stores;
        self.carry("samples", async || days(stores).await).await?;
        self.carry("events", async || events::days(stores).await).await?;
        self.carry("numbers of events", async || events::counts(stores).await).await?;
        self.carry("silences", async || Ok([Silences(stores)])).await?;
        self.carry("incidents", async || Ok([Incidents(stores)])).await?;
        self.notifications(Notifications { stores, most: MAX_NOTIFICATIONS }).await?;
        self.carry("alert groups", async || Ok([Groups(stores)])).await?;
        self.carry("cleared alerts", async || Ok([Past(stores)])).await?;
        self.carry("alerts", async || Ok([Alerts(stores)])).await?;
        self.carry("rule state", async || {
            let mut parts = Vec::new();
            for topic in moving.bus.topics().await? {
                let watermarks = moving.bus.watermarks(&topic).await?;
                parts.extend(watermarks.into_iter().map(|marks| Memories::of(moving, marks.partition)));
            }
            Ok(parts)
        })
        .await?;
        self.carry("collector schedule", async || Ok([ScheduleMarks(stores)])).await
    }

    async fn notifications(&mut self, mut carried: Notifications<'_>) -> Result<(), MigrateError> {
        const WHAT: &str = "notifications";
        self.teller.begins(WHAT);
        let counts = carry(&mut carried, &mut self.teller).await.map_err(failed(WHAT))?;
        let left = self.ask(WHAT, async || carried.left().await).await?;
        self.note(WHAT, Counts { missing: counts.missing + left, ..counts });
        Ok(())
    }

    async fn rollups(
        &mut self,
        stores: &Between<Arc<dyn RollupStore>>,
        passes: &[String],
    ) -> Result<(), MigrateError> {
        let now = Timestamp::now();
        self.carry("hourly rollups", async || Ok(windows(stores, Window::Hour, now))).await?;
        self.carry("daily rollups", async || Ok(windows(stores, Window::Day, now))).await?;
        self.carry("rollup progress", async || Ok([PassMarks { stores, passes }])).await
    }

    async fn bus(&mut self, moving: &StoreMigration) -> Result<(), MigrateError> {
        let here = &*moving.bus;
        if let Some(there) = &moving.new_bus {
            self.carry("unread records", async || {
                let mut parts = Vec::new();
                for topic in here.topics().await?.iter().filter(|topic| !topic.is_dead_letters()) {
                    let topic_id = here.topic_id(topic).await?;
                    for marks in here.watermarks(topic).await? {
                        let from = lowest(&moving.stores.here, &marks.partition, &topic_id).await?;
                        parts.push(Records::unread(here, &**there, marks, from));
                    }
                }
                Ok(parts)
            })
            .await?;
            self.carry("dead letters", async || {
                let mut parts = Vec::new();
                for topic in here.topics().await?.iter().filter(|topic| topic.is_dead_letters()) {
                    for marks in here.watermarks(topic).await? {
                        parts.push(Records::waiting_letters(here, &**there, marks).await?);
                    }
                }
                Ok(parts)
            })
            .await?;
        }
        self.carry("positions", async || Ok([Positions::of(moving, &here.topics().await?).await?])).await
    }

    /// Migrates all parts of one kind, and adds the result to the report.
    async fn carry<C: Carried, P: IntoIterator<Item = C>>(
        &mut self,
        what: &'static str,
        parts: impl AsyncFn() -> Result<P, PortError>,
    ) -> Result<(), MigrateError> {
        self.teller.begins(what);
        let parts: Vec<C> = self.ask(what, parts).await?.into_iter().collect();
        let (mut counts, of) = (Counts::default(), parts.len());
        for (number, mut part) in (1..).zip(parts) {
            self.teller.begins_part(number, of);
            counts += carry(&mut part, &mut self.teller).await.map_err(failed(what))?;
        }
        self.note(what, counts);
        Ok(())
    }

    async fn ask<T>(
        &mut self,
        what: &'static str,
        question: impl AsyncFn() -> Result<T, PortError>,
    ) -> Result<T, MigrateError> {
        patiently(&mut self.teller, async |_| question().await).await.map_err(failed(what))
    }

    fn note(&mut self, what: &'static str, counts: Counts) {
        self.report.lines.push(Line { what, counts });
    }
}

pub(crate) fn failed(what: &'static str) -> impl Fn(PortError) -> MigrateError {
    move |error| MigrateError { what, error }
}
