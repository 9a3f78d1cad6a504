//! Samples.

use super::SeriesJson;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchkeeper_domain::Sample;

/// One value of one series at one instant: the same shape as on the bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SampleJson {
    /// What was measured.
    #[serde(flatten)]
    pub series: SeriesJson,
    /// The value, in the series' unit; finite.
    #[schema(example = 125_000)]
    pub value: f64,
    /// When it was measured, RFC 3339.
    #[schema(example = "2026-11-20T10:00:00.123Z", format = DateTime)]
    pub collected_at: String,
}

/// Samples: the latest of each series ordered by key, or the newest of all, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SampleList {
    /// The samples.
    pub samples: Vec<SampleJson>,
    /// Asks for the next page; left out on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page: Option<String>,
}

impl From<&Sample> for SampleJson {
    fn from(sample: &Sample) -> Self {
        Self {
            series: SeriesJson::from(&*sample.series),
            value: sample.value,
            collected_at: sample.collected_at.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::write_sample;
    use std::sync::Arc;
    use watchkeeper_domain::Series;

    #[test]
    fn the_shape_is_the_one_on_the_bus() {
        let series = Series::new("github", "stars", "stars", &[("repository", "golang/go")]).unwrap();
        let collected_at = "2026-11-20T10:00:00.123Z".parse().unwrap();
        let sample = Sample { series: Arc::new(series), collected_at, value: 1.5 };
        let shown = SampleJson::from(&sample);
        let mut on_bus = Vec::new();
        write_sample(&mut on_bus, &sample);
        assert_eq!(serde_json::to_string(&shown).unwrap(), String::from_utf8(on_bus.clone()).unwrap());
        assert_eq!(serde_json::from_slice::<SampleJson>(&on_bus).unwrap(), shown);
    }
}
