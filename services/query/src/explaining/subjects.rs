//! Selects the series for which a rule is explained.

use super::{MAX_EXPLAINED, RuleQueries};
use crate::page::PageQuestion;
use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Matchers, Series, SeriesFilter};
use watchkeeper_ports::{PortError, Topic};
use watchkeeper_rules::{Condition, Rule, series_of_letters};

/// Series read at once.
const PAGE: usize = 1_000;
/// Maximum number of series scanned for those that a rule matches.
pub(super) const MAX_LOOKED_AT: usize = 20_000;

/// A series, and its alert of the rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subject {
    pub(super) series: Arc<Series>,
    pub(super) alert: Option<Alert>,
}

impl Subject {
    /// The alert, if it is firing.
    pub(super) fn firing(&self) -> Option<&Alert> {
        self.alert.as_ref().filter(|alert| alert.is_firing())
    }
}

impl RuleQueries {
    /// At most [`MAX_EXPLAINED`] of the requested series that the rule matches, firing ones first; of all requested
    /// series if it matches none of them. Also returns whether they are complete. `alerts` are those of the rule, by
    /// series key.
    pub(super) async fn subjects(
        &self,
        rule: &Rule,
        asked: &SeriesFilter,
        mut alerts: BTreeMap<String, Alert>,
    ) -> Result<(Vec<Subject>, bool), PortError> {
        alerts.retain(|_, alert| asked.matches(&alert.series));
        let (mut known, mut are_all) = self.series_of(rule, asked).await?;
        if known.is_empty() && alerts.is_empty() && *asked != SeriesFilter::default() {
            (known, are_all) = self.stored(asked, |_| true).await?;
        }
        let mut subjects: BTreeMap<_, _> = known
            .into_iter()
            .map(|series| (series.key().to_owned(), Subject { alert: alerts.remove(series.key()), series }))
            .collect();
        // A series that the store no longer has may still have an alert.
        let gone = |alert: Alert| Subject { series: Arc::clone(&alert.series), alert: Some(alert) };
        subjects.extend(alerts.into_iter().map(|(key, alert)| (key, gone(alert))));
        let (mut subjects, others): (Vec<_>, Vec<_>) =
            subjects.into_values().partition(|subject| subject.firing().is_some());
        subjects.extend(others);
        are_all &= subjects.len() <= MAX_EXPLAINED;
        subjects.truncate(MAX_EXPLAINED);
        Ok((subjects, are_all))
    }

    /// The requested series that the rule matches.
    async fn series_of(
        &self,
        rule: &Rule,
        asked: &SeriesFilter,
    ) -> Result<(Vec<Arc<Series>>, bool), PortError> {
        if let Condition::DeadLetters(letters) = &rule.condition {
            let topic = Topic::named(letters.topic.clone()).dead_letters();
            let mut series = self.letters_of(&topic).await?;
            series.retain(|series| asked.matches(series));
            return Ok((series, true));
        }
        match narrowed(asked, &rule.matchers) {
            Some(filter) => self.stored(&filter, |series| rule.matches(series)).await,
            None => Ok((Vec::new(), true)),
        }
    }

    /// The series of alerts on the dead letters of a topic, if the topic exists.
    async fn letters_of(&self, topic: &Topic) -> Result<Vec<Arc<Series>>, PortError> {
        // Checked first, because asking for watermarks would create the topic.
        if !self.bus.topics().await?.contains(topic) {
            return Ok(Vec::new());
        }
        let watermarks = self.bus.watermarks(topic).await?;
        Ok(watermarks.iter().filter_map(|marks| series_of_letters(&marks.partition).map(Arc::new)).collect())
    }

    /// The first matching series of the store, one more than are explained if there are more, and whether all series
    /// were scanned.
    async fn stored(
        &self,
        filter: &SeriesFilter,
        is_meant: impl Fn(&Series) -> bool,
    ) -> Result<(Vec<Arc<Series>>, bool), PortError> {
        let mut question = PageQuestion { filter: filter.clone(), limit: PAGE, cursor: None };
        let (mut found, mut looked_at) = (Vec::new(), 0);
        loop {
            let page = self.samples.series(&question).await?;
            looked_at += page.items.len();
            found.extend(page.items.into_iter().filter(|series| is_meant(series)));
            question.cursor = page.next;
            let is_last = question.cursor.is_none();
            if is_last || found.len() > MAX_EXPLAINED || looked_at >= MAX_LOOKED_AT {
                found.truncate(MAX_EXPLAINED + 1);
                return Ok((found, is_last));
            }
        }
    }
}

/// The filter narrowed by the exact matchers; `None` if no series can match both. Only reduces the scan: the matchers
/// decide whether a series matches.
fn narrowed(asked: &SeriesFilter, matchers: &Matchers) -> Option<SeriesFilter> {
    let mut filter = asked.clone();
    for (field, value) in matchers.exact_values().filter(|(_, value)| !value.is_empty()) {
        let part = match field {
            "source" => filter.source.get_or_insert_with(|| value.to_owned()),
            "name" => filter.name.get_or_insert_with(|| value.to_owned()),
            "unit" => continue,
            label => {
                let label = label.strip_prefix("labels.").unwrap_or(label);
                filter.labels.entry(label.to_owned()).or_insert_with(|| value.to_owned())
            }
        };
        if part != value {
            return None;
        }
    }
    Some(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matchers(texts: &[&str]) -> Matchers {
        Matchers::new(texts.iter().map(|text| text.parse().unwrap()).collect()).unwrap()
    }

    #[test]
    fn the_search_is_for_what_the_matchers_ask_for_exactly() {
        let all = SeriesFilter::default();
        let rule = matchers(&["source=host", "name=load", "labels.source=x", "cpu=~0|1", "disk=", "unit=s"]);
        let mut expected = SeriesFilter::named("host", "load");
        expected.labels.insert("source".into(), "x".into());
        assert_eq!(narrowed(&all, &rule), Some(expected.clone()));
        assert_eq!(narrowed(&SeriesFilter::named("host", "load"), &rule), Some(expected));
        assert_eq!(narrowed(&SeriesFilter::named("host", "cpu"), &rule), None);
    }
}
