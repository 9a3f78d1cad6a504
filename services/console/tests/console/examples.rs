//! Alerts, silences, notifications and rules to show.

use crate::visit::ago;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Document;
use watchkeeper_domain::{
    Alert, Channel, Matchers, Notification, NotificationState, Series, Severity, Silence, Timestamp,
};
use watchkeeper_rules::{Routing, RuleSet};

/// An alert about the availability of a site, which has fired for so many seconds.
pub(crate) fn alert(rule: &str, site: &str, severity: Severity, seconds_ago: u64) -> Alert {
    let series = Series::new("uptime", "availability_percent", "percent", &[("target", site)]).unwrap();
    Alert {
        rule: rule.to_owned(),
        series: Arc::new(series),
        severity,
        fired_at: ago(seconds_ago),
        cleared_at: None,
        value: Some(0.0),
        reason: "is 0 percent, below 50 for 2m".to_owned(),
        acknowledged: None,
    }
}

/// A silence of the alerts that `matcher` matches, for two hours.
pub(crate) fn silence(id: &str, matcher: &str, starts_at: Timestamp) -> Silence {
    Silence {
        id: id.to_owned(),
        matchers: Matchers::new(vec![matcher.parse().unwrap()]).unwrap(),
        starts_at,
        ends_at: starts_at.plus(Duration::from_secs(7_200)),
        created_by: "ops".to_owned(),
        comment: "new disks".to_owned(),
    }
}

/// A mail that was made so many seconds ago.
pub(crate) fn notification(subject: &str, seconds_ago: u64, state: NotificationState) -> Notification {
    Notification {
        id: format!("{subject}-{seconds_ago}"),
        group: r#"rule="site_down""#.to_owned(),
        channel: Channel::Mail,
        recipient: "ops@example.org".to_owned(),
        subject: subject.to_owned(),
        body: "not shown".to_owned(),
        made_at: ago(seconds_ago),
        state,
    }
}

/// The state of one that was tried three times.
pub(crate) fn waiting(error: &str) -> NotificationState {
    NotificationState::Waiting { attempts: 3, next_at: ago(0), last_error: Some(error.to_owned()) }
}

/// The rules of a configuration with the receivers `ops` and `chat`.
pub(crate) fn rules(text: &str) -> Arc<RuleSet> {
    let receivers = ["ops", "chat"].map(str::to_owned);
    let document = Document::parse("test.toml", text).unwrap();
    Arc::new(document.read(|root| RuleSet::read(root, &Routing::default(), &receivers)).unwrap())
}
