//! The first page: what needs attention.

use super::alert_line::AlertLine;
use super::overall::Overall;
use super::shell::Shell;
use crate::gather::Platform;
use askama::Template;
use std::collections::BTreeMap;
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::RoleState;

/// The page at `/`.
#[derive(Template)]
#[template(path = "overview.html", whitespace = "minimize")]
pub(crate) struct OverviewPage {
    shell: Shell,
    overall: Overall,
    line: Option<AlertLine>,
}

impl OverviewPage {
    /// The page at the instant `now`.
    pub(crate) fn new(
        shell: Shell,
        roles: &BTreeMap<&'static str, RoleState>,
        platform: &Platform,
        now: Timestamp,
    ) -> Self {
        Self { shell, overall: Overall::of(roles, platform), line: AlertLine::of(&platform.alerting, now) }
    }
}
