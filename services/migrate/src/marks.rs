//! When the collector's jobs last began, and how far rollup passes have come. The later mark is right.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::sides::{Between, Stores};
use std::sync::Arc;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{PortError, RollupStore, ScheduleStore};

/// The owner of the marks in the schedule store.
const OWNER: &str = "collector";

#[derive(Clone)]
pub(crate) struct Mark {
    name: String,
    at: Timestamp,
}

impl Item for Mark {
    type Key<'a> = &'a str;

    fn key(&self) -> &str {
        &self.name
    }

    fn standing(&self, there: &Self) -> Standing {
        if there.at < self.at { Standing::Behind } else { Standing::Same }
    }
}

/// When the collector last began each target.
pub(crate) struct ScheduleMarks<'m>(pub(crate) &'m Between<Stores>);

impl Carried for ScheduleMarks<'_> {
    type Item = Mark;

    const BATCH: usize = 1_000;

    async fn here(&self, after: Option<&Mark>) -> Result<Vec<Mark>, PortError> {
        schedule_page(&self.0.here.schedule, after).await
    }

    async fn there(&self, after: Option<&Mark>) -> Result<Vec<Mark>, PortError> {
        schedule_page(&self.0.there.schedule, after).await
    }

    async fn put(&self, lacking: Vec<Mark>) -> Result<(), PortError> {
        let marks: Vec<_> = lacking.into_iter().map(|mark| (mark.name, mark.at)).collect();
        self.0.there.schedule.mark(OWNER, &marks).await
    }
}

/// All of them are one page.
async fn schedule_page(store: &Arc<dyn ScheduleStore>, after: Option<&Mark>) -> Result<Vec<Mark>, PortError> {
    if after.is_some() {
        return Ok(Vec::new());
    }
    let marks = store.marks(OWNER).await?;
    Ok(sorted(marks.into_iter().map(|(name, at)| Mark { name, at }).collect()))
}

/// How far each pass over the rollups has come.
pub(crate) struct PassMarks<'m> {
    pub(crate) stores: &'m Between<Arc<dyn RollupStore>>,
    /// The names of the passes.
    pub(crate) passes: &'m [String],
}

impl PassMarks<'_> {
    /// All of them are one page.
    async fn page(&self, store: &Arc<dyn RollupStore>, after: Option<&Mark>) -> Result<Vec<Mark>, PortError> {
        let mut marks = Vec::new();
        for name in self.passes.iter().filter(|_| after.is_none()) {
            let mark = store.made_until(name).await?;
            marks.extend(mark.map(|at| Mark { name: name.clone(), at }));
        }
        Ok(sorted(marks))
    }
}

impl Carried for PassMarks<'_> {
    type Item = Mark;

    const BATCH: usize = 1_000;

    async fn here(&self, after: Option<&Mark>) -> Result<Vec<Mark>, PortError> {
        self.page(&self.stores.here, after).await
    }

    async fn there(&self, after: Option<&Mark>) -> Result<Vec<Mark>, PortError> {
        self.page(&self.stores.there, after).await
    }

    async fn put(&self, lacking: Vec<Mark>) -> Result<(), PortError> {
        for Mark { name, at } in &lacking {
            self.stores.there.set_made_until(name, *at).await?;
        }
        Ok(())
    }
}

fn sorted(mut marks: Vec<Mark>) -> Vec<Mark> {
    marks.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    marks
}
