//! Queries for alerts, silences, incidents and notifications.

use super::{Question, parameter};
use crate::http::given::Given;
use crate::question::{NEWEST_NOTIFICATIONS, PAGE_ALERTS};
use utoipa::openapi::path::Parameter;
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_query::AlertsQuestion;

pub(in crate::http) struct NotificationsQuestion {
    pub(in crate::http) limit: usize,
}

pub(in crate::http) struct SilencesQuestion {
    /// Whether to include ended ones.
    pub(in crate::http) ended: bool,
}

pub(in crate::http) struct IncidentsQuestion {
    /// Whether to include ended ones.
    pub(in crate::http) ended: bool,
}

impl Question for AlertsQuestion {
    fn parameters() -> Vec<Parameter> {
        let page = [
            parameter::count("limit", "Maximum number of alerts on the page.", PAGE_ALERTS),
            parameter::page(),
        ];
        let which = [parameter::state(), parameter::rule(), parameter::severity()];
        which.into_iter().chain(parameter::filter()).chain(page).collect()
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        Ok(Self {
            filter: given.filter()?,
            rule: given.take("rule"),
            severity: given.parsed("severity")?,
            state: given.parsed("state")?,
            limit: given.count("limit", PAGE_ALERTS)?,
            cursor: given.take("page").map(|text| text.parse()).transpose()?,
        })
    }
}

impl Question for NotificationsQuestion {
    fn parameters() -> Vec<Parameter> {
        vec![parameter::count("limit", "Number of newest notifications.", NEWEST_NOTIFICATIONS)]
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        Ok(Self { limit: given.count("limit", NEWEST_NOTIFICATIONS)? })
    }
}

impl Question for SilencesQuestion {
    fn parameters() -> Vec<Parameter> {
        vec![parameter::flag("ended", "Include silences that ended in the last 7 days.")]
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        Ok(Self { ended: flag(given, "ended")? })
    }
}

impl Question for IncidentsQuestion {
    fn parameters() -> Vec<Parameter> {
        vec![parameter::flag("ended", "Include incidents that ended in the last 90 days.")]
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        Ok(Self { ended: flag(given, "ended")? })
    }
}

/// Whether the parameter is `true`; false without it.
fn flag(given: &mut Given, name: &'static str) -> Result<bool, Violation> {
    let is_set = given.take(name).map(|text| match &*text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Violation::new(name, format!("must be true or false, is {text:?}"))),
    });
    Ok(is_set.transpose()?.unwrap_or(false))
}
