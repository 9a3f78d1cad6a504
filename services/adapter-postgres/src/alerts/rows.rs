//! Many alerts, column by column, as parameters of a statement.

use crate::instant::Instant;
use crate::series::columns::Columns;
use tokio_postgres::types::ToSql;
use watchkeeper_domain::{Acknowledgement, Alert};

/// The columns of alerts, in the order of [`Self::parameters`].
pub(super) struct Rows<'a> {
    rules: Vec<&'a str>,
    series: Columns<'a>,
    severities: Vec<&'a str>,
    fired: Vec<Instant>,
    cleared: Vec<Option<Instant>>,
    values: Vec<Option<f64>>,
    reasons: Vec<&'a str>,
    acknowledged: Vec<Option<Instant>>,
    acknowledged_by: Vec<Option<&'a str>>,
    comments: Vec<Option<&'a str>>,
    acknowledged_until: Vec<Option<Instant>>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(alerts: &[&'a Alert]) -> Self {
        let all = || alerts.iter().copied();
        let acks = || all().map(|alert| alert.acknowledged.as_ref());
        let text = |of: fn(&Acknowledgement) -> &str| acks().map(|ack| ack.map(of)).collect();
        Self {
            rules: all().map(|alert| alert.rule.as_str()).collect(),
            series: Columns::of(all().map(|alert| &*alert.series)),
            severities: all().map(|alert| alert.severity.name()).collect(),
            fired: all().map(|alert| Instant(alert.fired_at)).collect(),
            cleared: all().map(|alert| alert.cleared_at.map(Instant)).collect(),
            values: all().map(|alert| alert.value).collect(),
            reasons: all().map(|alert| alert.reason.as_str()).collect(),
            acknowledged: acks().map(|ack| ack.map(|ack| Instant(ack.at))).collect(),
            acknowledged_by: text(|ack| &ack.by),
            comments: text(|ack| &ack.comment),
            acknowledged_until: acks().map(|ack| ack.and_then(|ack| ack.until).map(Instant)).collect(),
        }
    }

    /// `rule, source, name, unit, labels, series_key, severity, fired_at, cleared_at, value, reason, acknowledged_at,
    /// acknowledged_by, acknowledged_comment, acknowledged_until`.
    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 15] {
        let Columns { sources, names, units, labels, keys } = &self.series;
        [
            &self.rules,
            sources,
            names,
            units,
            labels,
            keys,
            &self.severities,
            &self.fired,
            &self.cleared,
            &self.values,
            &self.reasons,
            &self.acknowledged,
            &self.acknowledged_by,
            &self.comments,
            &self.acknowledged_until,
        ]
    }
}
