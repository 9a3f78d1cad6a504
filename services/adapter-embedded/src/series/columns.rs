//! A series as columns: `source, name, unit, labels`, the labels as a JSON object.

use crate::sqlite::Error;
use rusqlite::Row;
use std::collections::BTreeMap;
use watchkeeper_domain::{Label, Series, SeriesParts};

pub(crate) fn labels(series: &Series) -> Result<String, Error> {
    let labels: BTreeMap<&str, &str> = series.labels().collect();
    serde_json::to_string(&labels).map_err(|error| Error::Rejected(error.to_string()))
}

/// Reads a series from consecutive columns, the first of which is `first`.
pub(crate) fn read(row: &Row<'_>, first: usize) -> Result<Series, Error> {
    let text = |offset| row.get_ref(first + offset)?.as_str().map_err(rusqlite::Error::from);
    let labels: BTreeMap<String, String> =
        serde_json::from_str(text(3)?).map_err(|error| invalid(&error.to_string()))?;
    let labels: Vec<Label<'_>> =
        labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let parts = SeriesParts { source: text(0)?, name: text(1)?, unit: text(2)?, labels: &labels };
    Series::from_parts(&parts).map_err(|violation| invalid(&violation.to_string()))
}

fn invalid(reason: &str) -> Error {
    Error::Broken(format!("it holds a series that is not valid: {reason}"))
}
