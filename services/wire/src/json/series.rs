//! Series.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use watchkeeper_domain::Series;

/// A series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeriesJson {
    /// Where the samples come from.
    #[schema(example = "github")]
    pub source: String,
    /// A series.
    #[schema(example = "stargazers_count")]
    pub name: String,
    /// Unit of the values; omitted if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "stars")]
    pub unit: String,
    /// Labels, which distinguish series with the same name; omitted if there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"repository": "golang/go"}))]
    pub labels: BTreeMap<String, String>,
}

/// A page of series, ordered by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeriesList {
    /// The series.
    pub series: Vec<SeriesJson>,
    /// Token of the next page; omitted on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page: Option<String>,
}

impl From<&Series> for SeriesJson {
    fn from(series: &Series) -> Self {
        Self {
            source: series.source().to_owned(),
            name: series.name().to_owned(),
            unit: series.unit().to_owned(),
            labels: series.labels().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_left_out_and_read_back_as_empty() {
        let series = SeriesJson::from(&Series::new("host", "load", "", &[]).unwrap());
        let written = SeriesList { series: vec![series], next_page: None };
        let json = serde_json::to_string(&written).unwrap();
        assert_eq!(json, r#"{"series":[{"source":"host","name":"load"}]}"#);
        assert_eq!(serde_json::from_str::<SeriesList>(&json).unwrap(), written);
    }
}
