//! A notice as templates and webhooks see it. This is the shape that is documented for both.

use super::alert_view::{ToldView, about};
use super::labels::Labels;
use super::silence_command::silence_command;
use crate::plan::{Notice, Told, Why};
use minijinja::Value;
use serde::Serialize;
use std::collections::HashSet;
use watchkeeper_domain::{Alert, Severity};

/// Most alerts that one message lists; the others are counted.
pub(crate) const MAX_LISTED: usize = 50;
/// Most rules, and most of what the alerts are about, that a headline names.
const MAX_NAMED: usize = 5;

/// The version of the shape: it rises when something is removed or gets another meaning.
const VERSION: u32 = 1;

/// A notice. What may be added later is no new version.
#[derive(Debug, Serialize)]
pub(super) struct NoticeView<'a> {
    pub(super) version: u32,
    /// Tells the notice from every other one; the same however often it is sent.
    pub(super) id: &'a str,
    /// The notice with which this episode of the group began; `null` for that one.
    pub(super) follows: Option<&'a str>,
    /// `firing`, or `recovered` when all that was told has cleared.
    pub(super) status: &'static str,
    /// Why now: `first`, `changed`, `repeated` or `recovered`.
    pub(super) why: &'static str,
    /// The worst of what fires, or of what has cleared if nothing fires.
    pub(super) severity: &'static str,
    /// What it is about, in a few words: `disk_full on web1, web2`.
    pub(super) headline: String,
    pub(super) group: GroupView,
    pub(super) counts: Counts,
    /// At most [`MAX_LISTED`], by their news, the most severe first.
    pub(super) alerts: Vec<ToldView<'a>>,
    /// The command that silences what fires; `null` if nothing does.
    pub(super) silence: Option<String>,
    /// Where to look; `null` if it is not configured.
    pub(super) url: Option<&'a str>,
    /// When it was made, in RFC 3339.
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

/// How many alerts there are.
#[derive(Debug, Serialize)]
pub(super) struct Counts {
    /// That the notice tells of.
    pub(super) alerts: usize,
    /// That fire of them, be it anew or still.
    pub(super) firing: usize,
    /// That have cleared of them.
    pub(super) cleared: usize,
    /// That are not listed of them.
    pub(super) more: usize,
    /// That fire besides, but are silenced or inhibited.
    pub(super) muted: usize,
}

impl<'a> NoticeView<'a> {
    /// `view` makes the view of one of its alerts.
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

/// The first few, each once, and how many there are besides.
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
