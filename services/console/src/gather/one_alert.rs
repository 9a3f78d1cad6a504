//! The data of the page of one alert.

use super::one_series::{SeriesHistory, history};
use super::{Notifications, Sources, around};
use crate::explore::Question;
use watchkeeper_domain::{Alert, Series, SeriesFilter, Silence, Timestamp};
use watchkeeper_ports::{AlertKey, PortError};
use watchkeeper_query::{Answer, NoAnswer, OneAlert, within_time};
use watchkeeper_wire::json::RuleExplanation;

/// Maximum number of notifications about the alert that are read, the newest.
pub const MAX_NOTIFICATIONS_ABOUT: usize = 200;

/// One alert, and what is known about it.
pub(crate) struct AlertFound {
    pub(crate) one: OneAlert,
    /// Around the alert.
    pub(crate) history: Answer<SeriesHistory>,
    /// Why the rule fires or does not fire; `None` if there is no such rule any more.
    pub(crate) explanation: Answer<Option<RuleExplanation>>,
    /// Of this time that it fired, the newest first.
    pub(crate) notifications: Answer<Notifications>,
    pub(crate) muted: Answer<MutedBy>,
}

/// What mutes an alert now.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct MutedBy {
    pub(crate) silences: Vec<Silence>,
    pub(crate) inhibitor: Option<Alert>,
}

/// The alert of a rule for a series that began to fire at `fired_at`, or the present one. `None` if there is none.
pub(crate) async fn one_alert(
    sources: &Sources,
    rule: &str,
    series: &Series,
    fired_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<AlertFound>, NoAnswer> {
    let one = within_time("alerts", sources.alert_queries.one(rule, series, fired_at)).await?;
    let Some(one) = one else { return Ok(None) };
    let span = around(&one.alert, one.pending_since, now);
    let only = SeriesFilter::only(series);
    let points = Question::default().points;
    let (history, explanation, notifications, muted) = tokio::join!(
        within_time("store", history(&sources.reader, series, span, points, now)),
        within_time("store", sources.rule_queries.explain(rule, &only, now)),
        within_time("notifications", notifications(sources, &one)),
        within_time("alerts", muted_by(sources, &one.alert, now)),
    );
    Ok(Some(AlertFound { one, history, explanation, notifications, muted }))
}

/// Those that were made since it fired, and before it fired again.
async fn notifications(sources: &Sources, one: &OneAlert) -> Result<Notifications, PortError> {
    if one.pending_since.is_some() {
        return Ok(Notifications::default());
    }
    let id = AlertKey::of(&one.alert).id();
    let mut newest = sources.notifications.about(&id, MAX_NOTIFICATIONS_ABOUT).await?;
    let read_all = newest.len() < MAX_NOTIFICATIONS_ABOUT;
    let fired_at = one.alert.fired_at;
    let later = one.others.iter().map(|other| other.fired_at).filter(|at| *at > fired_at);
    let until = later.min().unwrap_or(Timestamp::MAX);
    newest.retain(|notification| (fired_at..until).contains(&notification.made_at));
    // The oldest that was read is of this time, so those before it may be too.
    Ok(Notifications { more: !read_all && newest.len() == MAX_NOTIFICATIONS_ABOUT, newest })
}

async fn muted_by(sources: &Sources, alert: &Alert, now: Timestamp) -> Result<MutedBy, PortError> {
    let muters = sources.alert_queries.muters(now).await?;
    let muting = muters.muting();
    Ok(MutedBy {
        silences: muting.silences_of(alert).cloned().collect(),
        inhibitor: muting.inhibitor_of(alert).cloned(),
    })
}
