//! Rules, and why they fire or do not fire.

mod subjects;

use crate::alerts::Alerts;
use crate::samples::Samples;
use crate::unmatched::UnmatchedQueries;
use std::sync::Arc;
use subjects::Subject;
use watchkeeper_config::{Reloadable, show_duration};
use watchkeeper_domain::{Alert, SeriesFilter, Timestamp};
use watchkeeper_ports::{EventBus, PortError};
use watchkeeper_rules::{Muting, Rule, RuleSet, Unmatched, explain};
use watchkeeper_wire::json::{
    AlertRef, RuleExplanation, RuleJson, RuleList, SeriesExplanation, SeriesJson, SilenceJson,
};

/// Maximum number of series in one explanation.
pub const MAX_EXPLAINED: usize = 20;

/// Lists and explains rules.
#[derive(Clone)]
pub struct RuleQueries {
    all: Reloadable<RuleSet>,
    samples: Samples,
    alerts: Alerts,
    bus: Arc<dyn EventBus>,
    unmatched: UnmatchedQueries,
}

impl RuleQueries {
    /// Queries for `all` rules.
    pub fn new(
        all: Reloadable<RuleSet>,
        samples: Samples,
        alerts: Alerts,
        bus: Arc<dyn EventBus>,
        unmatched: UnmatchedQueries,
    ) -> Self {
        Self { all, samples, alerts, bus, unmatched }
    }

    /// All rules, in configuration order.
    ///
    /// # Errors
    /// Those of [`AlertStore::alerts`](watchkeeper_ports::AlertStore::alerts).
    pub async fn list(&self) -> Result<RuleList, PortError> {
        let firing = self.alerts.firing_by_rule().await?;
        let count = |rule: &Rule| firing.get(&rule.name).copied().unwrap_or(0);
        let rules = self.all.current();
        let unmatched = self.unmatched.unmatched(&rules, &[]).await;
        let shown = |rule| shown(rule, count(rule), &unmatched);
        Ok(RuleList { rules: rules.rules().iter().map(shown).collect() })
    }

    /// Why a rule fires or does not fire for the series that `filter` selects; for all series that the rule matches if
    /// the filter is empty. `None` if there is no such rule.
    ///
    /// # Errors
    /// Those of the stores and of the bus.
    pub async fn explain(
        &self,
        name: &str,
        filter: &SeriesFilter,
        now: Timestamp,
    ) -> Result<Option<RuleExplanation>, PortError> {
        let rules = self.all.current();
        let Some(rule) = rules.rule(name) else { return Ok(None) };
        let alerts = self.alerts.of_rule(name).await?;
        let firing = alerts.values().filter(|alert| alert.is_firing()).count() as u64;
        let (subjects, are_all) = self.subjects(rule, filter, alerts).await?;
        let muters = self.alerts.muters(now).await?;
        let muting = muters.muting();
        let mut series = Vec::new();
        for subject in &subjects {
            let why = self.why(rule, subject, now).await?;
            series.push(explained(rule, subject, why, &muting, now));
        }
        let unmatched = self.unmatched.unmatched(&rules, &[]).await;
        let series_limit = (!are_all).then_some(MAX_EXPLAINED);
        Ok(Some(RuleExplanation { rule: shown(rule, firing, &unmatched), series, series_limit }))
    }

    async fn why(&self, rule: &Rule, subject: &Subject, now: Timestamp) -> Result<Vec<String>, PortError> {
        let Subject { series, alert } = subject;
        let memory = self.alerts.memory(series.key()).await?;
        let latest = self.samples.latest_of(series, now).await?;
        Ok(explain(rule, series, memory.as_deref(), latest.as_ref(), alert.as_ref(), now).lines)
    }
}

fn shown(rule: &Rule, firing: u64, unmatched: &Unmatched) -> RuleJson {
    RuleJson {
        name: rule.name.clone(),
        severity: rule.severity.to_string(),
        matchers: rule.matchers.iter().map(ToString::to_string).collect(),
        condition: rule.condition.to_string(),
        hold: show_duration(rule.hold),
        summary: rule.summary.clone(),
        receivers: rule.routing.receivers.clone(),
        firing,
        default: rule.is_default,
        warning: unmatched.rules.get(&rule.name).cloned(),
    }
}

fn explained(
    rule: &Rule,
    subject: &Subject,
    why: Vec<String>,
    muting: &Muting<'_>,
    now: Timestamp,
) -> SeriesExplanation {
    let alert = subject.firing().cloned().unwrap_or_else(|| if_it_fired(rule, subject, now));
    SeriesExplanation {
        series: SeriesJson::from(&*subject.series),
        fires: subject.firing().is_some(),
        why,
        silences: muting.silences_of(&alert).map(|silence| SilenceJson::new(silence, now)).collect(),
        inhibited_by: muting.inhibitor_of(&alert).map(AlertRef::from),
    }
}

/// The alert if the rule fired, to find out what would mute it.
fn if_it_fired(rule: &Rule, subject: &Subject, now: Timestamp) -> Alert {
    Alert {
        rule: rule.name.clone(),
        series: Arc::clone(&subject.series),
        severity: rule.severity,
        fired_at: now,
        cleared_at: None,
        value: None,
        reason: String::new(),
        acknowledged: None,
    }
}
