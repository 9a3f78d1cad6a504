//! Example notices of every shape, for checking templates.

use crate::plan::{News, Notice, Recipient, Told, Why};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Alert, Channel, Series, Severity, Timestamp};

/// The time of the notices.
pub(super) fn now() -> Timestamp {
    Timestamp::MIN.plus(Duration::from_secs(1_795_168_800))
}

/// One with all optional parts, one without value and labels, one that has cleared, and one with the reason of a probe.
pub(super) fn alerts() -> Vec<Alert> {
    let labels: &[_] = &[("host", "web1"), ("mount", "/var")];
    let series = |name, unit, labels: &[(&str, &str)]| {
        Arc::new(Series::new("host", name, unit, labels).expect("these are within the limits"))
    };
    let minutes = |count: u64| now().minus(Duration::from_secs(60 * count));
    let full = Alert {
        rule: "disk_full".into(),
        series: series("disk_used", "percent", labels),
        severity: Severity::Critical,
        fired_at: minutes(10),
        cleared_at: None,
        value: Some(93.4),
        reason: "is 93.4 %, above 90 %".into(),
        acknowledged: None,
    };
    let down = Alert {
        rule: "site_down".into(),
        series: series("availability_percent", "percent", &[("target", "blog")]),
        value: Some(0.0),
        reason: "answered 500, expected 2xx (availability is 0 %, below 50 % for 2 min)".into(),
        ..full.clone()
    };
    let silent = Alert {
        rule: "host_silent".into(),
        series: series("uptime", "", &[]),
        value: None,
        reason: "has no sample for 10 min".into(),
        ..full.clone()
    };
    let cleared = Alert { cleared_at: Some(minutes(1)), value: Some(70.0), ..full.clone() };
    vec![full, silent, cleared, down]
}

/// One notice for each reason, with one alert, many, and each kind of news.
pub(super) fn notices(alerts: &[Alert]) -> Vec<Notice<'_>> {
    let notice = |why: Why, news: &[(News, usize)], muted| Notice {
        id: "3f2a-1795168800000000".into(),
        follows: (why != Why::First).then(|| "3f2a-1795168200000000".into()),
        recipient: Recipient::Service(Channel::Webhook, "example".to_owned()),
        group: vec![("rule".into(), "disk_full".into())],
        why,
        alerts: news.iter().map(|&(news, index)| Told { news, alert: &alerts[index] }).collect(),
        muted,
        escalated_after: (muted > 0).then_some(Duration::from_secs(1_800)),
        made_at: now(),
    };
    let all = [(News::Fires, 0), (News::FiresAgain, 1), (News::Cleared, 2), (News::StillFires, 0)];
    vec![
        notice(Why::First, &[(News::Fires, 0)], 0),
        notice(Why::First, &[(News::Fires, 1)], 1),
        notice(Why::First, &[(News::Fires, 3)], 0),
        notice(Why::Changed, &all, 2),
        notice(Why::Changed, &[(News::Fires, 0); 2 * super::MAX_LISTED], 0),
        notice(Why::Repeated, &[(News::StillFires, 0), (News::StillFires, 1)], 0),
        notice(Why::Recovered, &[(News::Cleared, 2)], 0),
        notice(Why::Recovered, &[(News::Cleared, 2), (News::Cleared, 2)], 1),
    ]
}
