//! Samples.

use super::SeriesJson;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use watchkeeper_domain::{Sample, Series, Violation, limits};

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

impl TryFrom<&SampleJson> for Sample {
    type Error = Violation;

    fn try_from(sample: &SampleJson) -> Result<Self, Violation> {
        limits::check_value(sample.value)?;
        let no_time = |reason| Violation::new("collected_at", format!("{reason}"));
        Ok(Self {
            series: Arc::new(Series::try_from(&sample.series)?),
            collected_at: sample.collected_at.parse().map_err(no_time)?,
            value: sample.value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SampleDecoder, write_sample};

    #[test]
    fn the_shape_is_the_one_on_the_bus() {
        let series = Series::new("github", "stars", "stars", &[("repository", "golang/go")]).unwrap();
        let collected_at = "2026-11-20T10:00:00.123Z".parse().unwrap();
        let sample = Sample { series: Arc::new(series), collected_at, value: 1.5 };
        let json = serde_json::to_vec(&SampleJson::from(&sample)).unwrap();
        let mut on_bus = Vec::new();
        write_sample(&mut on_bus, &sample);
        assert_eq!(String::from_utf8(json).unwrap(), String::from_utf8(on_bus.clone()).unwrap());
        let read: SampleJson = serde_json::from_slice(&on_bus).unwrap();
        assert_eq!(Sample::try_from(&read), SampleDecoder::new().decode(&on_bus));
    }

    #[test]
    fn a_value_or_time_that_no_sample_has_is_refused() {
        let series = SeriesJson::from(&Series::new("host", "load", "", &[]).unwrap());
        let sample = SampleJson { series, value: 1.0, collected_at: "1970-01-01T00:00:00Z".to_owned() };
        let infinite = SampleJson { value: f64::INFINITY, ..sample.clone() };
        assert_eq!(Sample::try_from(&infinite).unwrap_err().field, "value");
        let timeless = SampleJson { collected_at: "now".to_owned(), ..sample };
        assert_eq!(Sample::try_from(&timeless).unwrap_err().field, "collected_at");
    }
}
