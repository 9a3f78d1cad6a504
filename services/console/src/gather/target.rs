//! The data of the page of one target.

use super::history::no_question;
use super::one_series::{SeriesHistory, history};
use super::{Alerts, Sources, alerting};
use crate::explore::Range;
use std::sync::Arc;
use watchkeeper_domain::{Series, Timestamp};
use watchkeeper_ports::PortError;
use watchkeeper_query::{Answer, Board, within_time};
use watchkeeper_rules::RuleSet;

pub(crate) struct TargetFound {
    /// Of all targets.
    pub(crate) board: Answer<Board>,
    /// The series of its latency, and its history.
    pub(crate) latency: Answer<(Arc<Series>, SeriesHistory)>,
    pub(crate) alerts: Answer<Alerts>,
}

/// The target that `series` says of whether it is up.
pub(crate) async fn target(
    sources: &Sources,
    series: &Series,
    range: Range,
    points: u64,
    rules: &RuleSet,
    now: Timestamp,
) -> TargetFound {
    let latency = async {
        let labels: Vec<_> = series.labels().collect();
        let latency = Series::new(series.source(), "latency_seconds", "seconds", &labels);
        let latency = latency.map_err(|violation| no_question(&violation))?;
        let drawn = history(&sources.reader, &latency, range.span(now), points, now).await?;
        Ok::<_, PortError>((Arc::new(latency), drawn))
    };
    let (alerts, latency) = tokio::join!(alerting::alerts(sources), within_time("store", latency));
    let firing = alerts.as_ref().map(|alerts| &*alerts.firing).unwrap_or_default();
    let board = sources.targets.board(rules, firing, now).await;
    TargetFound { board, latency, alerts }
}
