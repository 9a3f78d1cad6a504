//! The query for alerts.

use crate::cursor::{no_cursor, opened, sealed};
use std::fmt;
use std::str::FromStr;
use watchkeeper_domain::{Alert, SeriesFilter, Severity, Violation};
use watchkeeper_ports::AlertKey;
use watchkeeper_wire::json::AlertJson;

/// Queries a page of matching alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertsQuestion {
    /// The series.
    pub filter: SeriesFilter,
    /// The rule; `None`: any.
    pub rule: Option<String>,
    /// The severity; `None`: any.
    pub severity: Option<Severity>,
    /// In which state; `None`: firing or cleared.
    pub state: Option<AlertState>,
    /// Maximum number of alerts on the page.
    pub limit: usize,
    /// Where the previous page ended; `None` for the first page.
    pub cursor: Option<AlertCursor>,
}

impl AlertsQuestion {
    /// Whether `alert` matches.
    #[must_use]
    pub fn matches(&self, alert: &Alert) -> bool {
        self.rule.as_ref().is_none_or(|rule| *rule == alert.rule)
            && self.severity.is_none_or(|severity| severity == alert.severity)
            && self.state.is_none_or(|state| (state == AlertState::Firing) == alert.is_firing())
            && self.filter.matches(&alert.series)
    }

    /// Whether `alert` matches but for its state.
    pub(super) fn selects(&self, alert: &Alert) -> bool {
        Self { state: None, ..self.clone() }.matches(alert)
    }
}

/// The state of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// Firing.
    Firing,
    /// No longer firing.
    Cleared,
    /// Its condition holds, but not for long enough yet.
    Pending,
}

/// A text that is not a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownState;

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [firing, cleared, pending] = AlertJson::STATES;
        write!(f, "must be {firing}, {pending} or {cleared}")
    }
}

impl FromStr for AlertState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let [firing, cleared, pending] = AlertJson::STATES;
        match text {
            _ if text == firing => Ok(Self::Firing),
            _ if text == cleared => Ok(Self::Cleared),
            _ if text == pending => Ok(Self::Pending),
            _ => Err(UnknownState),
        }
    }
}

/// The next page starts after this alert. Opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertCursor(pub AlertKey);

impl fmt::Display for AlertCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AlertKey { rule, series_key } = &self.0;
        // Rule names contain no slash.
        f.write_str(&sealed(&format!("{rule}/{series_key}")))
    }
}

impl FromStr for AlertCursor {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let plain = opened(text).ok_or_else(no_cursor)?;
        let (rule, series_key) = plain.split_once('/').ok_or_else(no_cursor)?;
        Ok(Self(AlertKey { rule: rule.to_owned(), series_key: series_key.to_owned() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use watchkeeper_domain::{Series, Timestamp};

    fn alert(rule: &str, severity: Severity, fires: bool) -> Alert {
        Alert {
            rule: rule.into(),
            series: Arc::new(Series::new("host", "load", "", &[("host", "a")]).unwrap()),
            severity,
            fired_at: Timestamp::MIN,
            cleared_at: (!fires).then_some(Timestamp::MIN),
            value: None,
            reason: "is 9".into(),
            acknowledged: None,
        }
    }

    #[test]
    fn an_alert_is_asked_for_when_all_that_is_given_fits() {
        let all = AlertsQuestion {
            filter: SeriesFilter::default(),
            rule: None,
            severity: None,
            state: None,
            limit: 1,
            cursor: None,
        };
        let alert = alert("busy", Severity::Warning, true);
        let fits = AlertsQuestion {
            filter: SeriesFilter::named("host", "load"),
            rule: Some("busy".into()),
            severity: Some(Severity::Warning),
            state: Some(AlertState::Firing),
            ..all.clone()
        };
        assert!(all.matches(&alert) && fits.matches(&alert));
        for other in [
            AlertsQuestion { filter: SeriesFilter::named("host", "cpu"), ..fits.clone() },
            AlertsQuestion { rule: Some("hot".into()), ..fits.clone() },
            AlertsQuestion { severity: Some(Severity::Info), ..fits.clone() },
            AlertsQuestion { state: Some(AlertState::Cleared), ..fits.clone() },
        ] {
            assert!(!other.matches(&alert), "{other:?}");
        }
        assert!(!fits.matches(&self::alert("busy", Severity::Warning, false)));
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(rule in "[a-zA-Z0-9_.:é-]{1,64}", series_key in "\\PC*") {
            let cursor = AlertCursor(AlertKey { rule, series_key });
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-_A-Za-z0-9]*|\\PC*") {
            if let Err(refused) = text.parse::<AlertCursor>() {
                prop_assert_eq!(refused.to_string(), "page: must be the token that the previous page returned");
            }
        }
    }
}
