//! Deletes series from all stores.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_domain::{SeriesFilter, limits};
use watchkeeper_ports::{Page, PortError, SampleQueries, SeriesDeletion};
use watchkeeper_wire::json::SeriesDeletionJson;

/// How long one request deletes before it responds with the place where the next one continues.
const DELETE_FOR: Duration = Duration::from_secs(5);
/// Series per page when they are counted.
const COUNT_PAGE: usize = 1_000;

/// The stores, in the order in which series are deleted from them: what feeds another comes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Samples,
    Rollups,
    Latest,
}

/// Where a deletion continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    stage: Stage,
    /// The key of a series.
    after: String,
}

impl Default for Place {
    fn default() -> Self {
        Self::at(Stage::Samples)
    }
}

impl Place {
    const fn at(stage: Stage) -> Self {
        Self { stage, after: String::new() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Samples => "samples",
            Stage::Rollups => "rollups",
            Stage::Latest => "latest",
        };
        write!(f, "{stage}:{}", self.after)
    }
}

/// Not the `next_page` of a deletion.
#[derive(Debug)]
pub(crate) struct NoPlace;

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be the next_page of the previous response")
    }
}

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (stage, after) = text.split_once(':').ok_or(NoPlace)?;
        let stage = match stage {
            "samples" => Stage::Samples,
            "rollups" => Stage::Rollups,
            "latest" => Stage::Latest,
            _ => return Err(NoPlace),
        };
        if after.len() > limits::MAX_KEY_BYTES {
            return Err(NoPlace);
        }
        Ok(Self { stage, after: after.to_owned() })
    }
}

/// Deletes series from all stores.
#[derive(Clone)]
pub(crate) struct Deletions {
    pub(crate) queries: Arc<dyn SampleQueries>,
    pub(crate) samples: Arc<dyn SeriesDeletion>,
    pub(crate) rollups: Arc<dyn SeriesDeletion>,
    pub(crate) latest: Arc<dyn SeriesDeletion>,
}

impl Deletions {
    /// Counts the matching series that have samples. Rollups of others are deleted, too, but not counted.
    pub(crate) async fn count(&self, filter: &SeriesFilter) -> Result<SeriesDeletionJson, PortError> {
        let (mut page, mut series) = (Page::first(COUNT_PAGE), 0);
        loop {
            let found = self.queries.series(filter, &page).await?;
            series += found.series.len() as u64;
            match found.series.last() {
                Some(last) if found.more => page.after = Some(last.key().to_owned()),
                _ => return Ok(SeriesDeletionJson { series, ..SeriesDeletionJson::default() }),
            }
        }
    }

    /// Deletes from `place` on, for [`DELETE_FOR`] and at least one step.
    pub(crate) async fn delete(
        &self,
        filter: &SeriesFilter,
        mut place: Place,
    ) -> Result<SeriesDeletionJson, PortError> {
        let (until, mut done) = (Instant::now() + DELETE_FOR, SeriesDeletionJson::default());
        loop {
            let store = match place.stage {
                Stage::Samples => &self.samples,
                Stage::Rollups => &self.rollups,
                Stage::Latest => &self.latest,
            };
            let step = store.delete(filter, &place.after).await?;
            match place.stage {
                Stage::Samples => {
                    done.series += step.series;
                    done.samples += step.items;
                }
                Stage::Rollups => done.rollups += step.items,
                Stage::Latest => {}
            }
            place = match (step.next, place.stage) {
                (Some(after), stage) => Place { stage, after },
                (None, Stage::Samples) => Place::at(Stage::Rollups),
                (None, Stage::Rollups) => Place::at(Stage::Latest),
                (None, Stage::Latest) => return Ok(done),
            };
            if Instant::now() >= until {
                done.next_page = Some(place.to_string());
                return Ok(done);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        let place = Place { stage: Stage::Rollups, after: "host/load{a=\":\"}".to_owned() };
        assert_eq!(place.to_string().parse::<Place>().unwrap(), place);
        for text in ["", "samples", "alerts:a", &format!("latest:{}", "x".repeat(limits::MAX_KEY_BYTES + 1))]
        {
            text.parse::<Place>().unwrap_err();
        }
    }
}
