//! Samples.

use super::SeriesJson;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchkeeper_domain::Sample;

/// One value of one series at one instant. Ingest accepts the same format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SampleJson {
    /// The series.
    #[serde(flatten)]
    pub series: SeriesJson,
    /// The value in the unit of the series; finite.
    #[schema(example = 125_000)]
    pub value: f64,
    /// Time of measurement, RFC 3339.
    #[schema(example = "2026-11-20T10:00:00.123Z", format = DateTime)]
    pub collected_at: String,
    /// What the source says about the value, such as why a probe failed: one line, at most 256 bytes; omitted if there
    /// is nothing to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "answered 500, expected 2xx", max_length = 256)]
    pub note: Option<String>,
}

/// Samples: either the latest of each series, ordered by key, or the newest of all series, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SampleList {
    /// The samples.
    pub samples: Vec<SampleJson>,
    /// Token of the next page; omitted on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page: Option<String>,
    /// Of the newest samples only: the time of the newest matching sample if it is in the future, because a clock ran
    /// ahead when it was collected. Such samples are not listed before their time; omitted if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2030-01-01T00:00:00Z", format = DateTime)]
    pub future_until: Option<String>,
}

/// The data of a `lagged` event: the client reads more slowly than samples arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lagged {
    /// Number of samples skipped since the last event, matching or not.
    pub missed: u64,
}

impl From<&Sample> for SampleJson {
    fn from(sample: &Sample) -> Self {
        Self {
            series: SeriesJson::from(&*sample.series),
            value: sample.value,
            collected_at: sample.collected_at.to_string(),
            note: sample.note.as_ref().map(ToString::to_string),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SampleReader, UnknownFields};
    use std::sync::Arc;
    use watchkeeper_domain::{Note, Series};

    #[test]
    fn what_is_answered_is_read_as_the_sample_that_it_is() {
        let series = Series::new("github", "stars", "stars", &[("repository", "golang/go")]).unwrap();
        let collected_at = "2026-11-20T10:00:00.123Z".parse().unwrap();
        let sample = Sample::new(Arc::new(series), collected_at, 1.5);
        let shown = SampleJson::from(&sample);
        let text = serde_json::to_string(&shown).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"source":"github","name":"stars","unit":"stars","labels":{"repository":"golang/go"},"#,
                r#""value":1.5,"collected_at":"2026-11-20T10:00:00.123Z"}"#
            )
        );
        let mut reader = SampleReader::new();
        let read = reader.read(&text, UnknownFields::Refuse).unwrap();
        assert_eq!(Series::from_parts(&read.series()).unwrap(), *sample.series);
        assert_eq!((read.collected_at, read.value), (Some(collected_at), 1.5));
        assert_eq!(serde_json::from_str::<SampleJson>(&text).unwrap(), shown);

        let noted = SampleJson::from(&sample.with_note(Note::new("as of today").unwrap()));
        let text = serde_json::to_string(&noted).unwrap();
        assert!(text.ends_with(r#","note":"as of today"}"#), "{text}");
        assert_eq!(reader.read(&text, UnknownFields::Refuse).unwrap().note, Note::new("as of today"));
    }
}
