//! A series as columns: `source, name, unit, labels`, the labels as a JSON object.

use crate::error::Error;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use watchkeeper_domain::{Label, Series, SeriesParts};

/// Many series, column by column, as parameters of a statement.
#[derive(Default)]
pub(crate) struct Columns<'a> {
    pub(crate) sources: Vec<&'a str>,
    pub(crate) names: Vec<&'a str>,
    pub(crate) units: Vec<&'a str>,
    pub(crate) labels: Vec<Json<BTreeMap<&'a str, &'a str>>>,
    pub(crate) keys: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    /// The columns of `all`, in the same order.
    pub(crate) fn of(all: impl IntoIterator<Item = &'a Series>) -> Self {
        let mut columns = Self::default();
        for series in all {
            columns.sources.push(series.source());
            columns.names.push(series.name());
            columns.units.push(series.unit());
            columns.labels.push(Json(series.labels().collect()));
            columns.keys.push(series.key());
        }
        columns
    }
}

/// Reads a series from consecutive columns, the first of which is `first`.
pub(crate) fn read(row: &Row, first: usize) -> Result<Arc<Series>, Error> {
    let text = |offset: usize| row.try_get::<_, &str>(first + offset);
    let Json(labels): Json<BTreeMap<String, String>> = row.try_get(first + 3)?;
    let labels: Vec<Label<'_>> =
        labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let parts = SeriesParts { source: text(0)?, name: text(1)?, unit: text(2)?, labels: &labels };
    let invalid = |violation| Error::Broken(format!("it holds a series that is not valid: {violation}"));
    Series::from_parts(&parts).map(Arc::new).map_err(invalid)
}
