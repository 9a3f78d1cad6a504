//! Queries for reports.

use super::{Question, parameter};
use crate::http::given::Given;
use std::fmt;
use std::str::FromStr;
use utoipa::openapi::path::Parameter;
use watchkeeper_domain::{Timestamp, Violation};

/// How to answer a report.
pub(in crate::http) struct ReportQuestion {
    pub(in crate::http) format: ReportFormat,
}

/// The format of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::http) enum ReportFormat {
    #[default]
    Json,
    Csv,
}

/// The text is no format.
pub(in crate::http) struct UnknownFormat;

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be json or csv")
    }
}

impl FromStr for ReportFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        match name {
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            _ => Err(UnknownFormat),
        }
    }
}

impl Question for ReportQuestion {
    fn parameters() -> Vec<Parameter> {
        vec![parameter::format("Format of the answer.", ["json", "csv"])]
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        Ok(Self { format: given.parsed("format")?.unwrap_or_default() })
    }
}
