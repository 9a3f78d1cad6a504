//! A notice in templates and webhooks. This shape is documented for both.

use super::alert_view::{ToldView, about};
use super::labels::Labels;
use super::silence_command::silence_command;
use super::words;
use crate::plan::{Notice, Told, Why};
use minijinja::Value;
use serde::Serialize;
use std::collections::HashSet;
use watchkeeper_domain::{Alert, Severity};

/// Most alerts that one message lists; the others are counted.
pub(crate) const MAX_LISTED: usize = 50;
/// Most rules, and most subjects, that a headline names.
const MAX_NAMED: usize = 5;

/// The version of the shape: incremented when something is removed or changes its meaning.
const VERSION: u32 = 1;

/// A notice. Additions do not change the version.
#[derive(Debug, Serialize)]
pub(super) struct NoticeView<'a> {
    pub(super) version: u32,
    /// Unique id; the same for every attempt.
    pub(super) id: &'a str,
    /// The id of the first notice of this episode of the group; `null` in that one.
    pub(super) follows: Option<&'a str>,
    /// `firing`, or `recovered` when all notified alerts have cleared.
    pub(super) status: &'static str,
    /// The reason: `first`, `changed`, `repeated` or `recovered`.
    pub(super) why: &'static str,
    /// The highest severity of the firing alerts, or of the cleared ones if none fires.
    pub(super) severity: &'static str,
    /// Rules and subjects, in a few words: `disk_full on web1, web2`.
    pub(super) headline: String,
    pub(super) group: GroupView,
    pub(super) counts: Counts,
    /// At most [`MAX_LISTED`], by their news, the most severe first.
    pub(super) alerts: Vec<ToldView<'a>>,
    /// The command that silences the firing alerts; `null` if there are none.
    pub(super) silence: Option<String>,
    /// For how long nobody has acknowledged the alerts that fire, formatted, if it escalates them; else `null`.
    pub(super) escalated_after: Option<String>,
    /// The URL of the alerts page; `null` if it is not configured.
    pub(super) url: Option<&'a str>,
    /// When it was created, in RFC 3339.
    pub(super) made_at: String,
}

/// What the alerts of a group have in common.
#[derive(Debug, Serialize)]
pub(super) struct GroupView {
    /// `rule="disk_full", host="web1"`
    pub(super) name: String,
    /// Each field with its value.
    pub(super) fields: Value,
}

/// Numbers of alerts.
#[derive(Debug, Serialize)]
pub(super) struct Counts {
    /// In this notice.
    pub(super) alerts: usize,
    /// Firing alerts among them, new or still firing.
    pub(super) firing: usize,
    /// Cleared alerts among them.
    pub(super) cleared: usize,
    /// Alerts among them that are not listed.
    pub(super) more: usize,
    /// Further firing alerts of the group that are silenced or inhibited.
    pub(super) muted: usize,
}

impl<'a> NoticeView<'a> {
    /// `view` creates the view of an alert.
    pub(super) fn new(
        notice: &'a Notice<'a>,
        url: Option<&'a str>,
        view: impl Fn(&Told<'a>) -> ToldView<'a>,
    ) -> Self {
        let (cleared, firing): (Vec<_>, Vec<_>) =
            notice.alerts.iter().map(|told| told.alert).partition(|alert| !alert.is_firing());
        let is_recovery = notice.why == Why::Recovered;
        let foremost = if is_recovery { &cleared } else { &firing };
        let worst = foremost.iter().map(|alert| alert.severity).max();
        let alerts: Vec<_> = notice.alerts.iter().take(MAX_LISTED).map(view).collect();
        let fields = notice.group.iter().map(|(field, value)| (field.as_str(), value.as_str()));
        Self {
            version: VERSION,
            id: &notice.id,
            follows: notice.follows.as_deref(),
            status: if is_recovery { "recovered" } else { "firing" },
            why: notice.why.name(),
            severity: worst.unwrap_or(Severity::Info).name(),
            headline: headline(foremost),
            group: GroupView { name: notice.group_name(), fields: Labels::value(fields) },
            counts: Counts {
                alerts: notice.alerts.len(),
                firing: firing.len(),
                cleared: cleared.len(),
                more: notice.alerts.len() - alerts.len(),
                muted: notice.muted,
            },
            alerts,
            silence: silence_command(&notice.group, &firing),
            escalated_after: notice.escalated_after.map(words::span),
            url,
            made_at: notice.made_at.to_string(),
        }
    }
}

/// `disk_full on web1, web2 and 3 more`
fn headline(alerts: &[&Alert]) -> String {
    let rules = named(alerts.iter().map(|alert| alert.rule.clone()));
    let abouts = named(alerts.iter().map(|alert| about(&alert.series)));
    format!("{rules} on {abouts}")
}

/// The first few distinct names, and how many more there are.
fn named(names: impl Iterator<Item = String>) -> String {
    let mut seen = HashSet::new();
    let mut once: Vec<_> = names.filter(|name| seen.insert(name.clone())).collect();
    let more = once.len().saturating_sub(MAX_NAMED);
    once.truncate(MAX_NAMED);
    match more {
        0 => once.join(", "),
        more => format!("{} and {more} more", once.join(", ")),
    }
}
