//! Series.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use watchkeeper_domain::Series;

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeriesJson {
    /// Where samples come from.
    #[schema(example = "github")]
    pub source: String,
    /// What is measured.
    #[schema(example = "stargazers_count")]
    pub name: String,
    /// What one unit of the value is; left out when there is none to name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "stars")]
    pub unit: String,
    /// What tells series of one name apart; left out when there is nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"repository": "golang/go"}))]
    pub labels: BTreeMap<String, String>,
}

/// A page of series, ordered by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeriesList {
    /// The series.
    pub series: Vec<SeriesJson>,
    /// Asks for the next page; left out on the last one.
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
