//! Routing and grouping of alerts.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_domain::limits::MAX_LABEL_NAME_BYTES;

/// Most fields for grouping, or for comparison by an inhibition.
pub const MAX_GROUP_FIELDS: usize = 8;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Bounds of `group_wait`.
const WAIT: RangeInclusive<Duration> = Duration::ZERO..=HOUR;
/// Bounds of `group_interval`.
const INTERVAL: RangeInclusive<Duration> = SECOND..=DAY;
/// Bounds of `repeat_interval`.
const REPEAT: RangeInclusive<Duration> = MINUTE..=Duration::from_secs(366 * 24 * 60 * 60);

/// Bounds of `after` of `escalate`, and its default.
const ESCALATE: RangeInclusive<Duration> = MINUTE..=Duration::from_secs(7 * 24 * 60 * 60);
const ESCALATE_DEFAULT: Duration = Duration::from_secs(30 * 60);
/// Longest name of a receiver, in bytes.
const MAX_RECEIVER_BYTES: usize = 64;

/// The receivers of a rule's alerts, their grouping, and how often they are notified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// Fields of alerts (see [`Alert::field`](watchkeeper_domain::Alert::field)): alerts with equal values form a
    /// group. Empty: all alerts are one group.
    pub group_by: Vec<String>,
    /// How long the first alert of a group waits for others.
    pub wait: Duration,
    /// The minimum time between two notifications for a group that changed.
    pub interval: Duration,
    /// A group that still fires is notified again after this long.
    pub repeat: Duration,
    /// Whether cleared alerts are notified.
    pub send_recovery: bool,
    /// The names of the receivers; `None`: all of them, without that of the escalation.
    pub receivers: Option<Vec<String>>,
    /// Whom to notify of what nobody acknowledges.
    pub escalation: Option<Escalation>,
}

/// A second receiver, which is notified of an alert that has fired for a while without an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// The receiver's name.
    pub to: String,
    /// For how long.
    pub after: Duration,
}

/// The defaults of the configuration.
impl Default for Routing {
    fn default() -> Self {
        Self {
            group_by: vec!["rule".to_owned()],
            wait: 30 * SECOND,
            interval: 5 * MINUTE,
            repeat: 4 * HOUR,
            send_recovery: true,
            receivers: None,
            escalation: None,
        }
    }
}

impl Routing {
    /// Reads the keys `group_by`, `group_wait`, `group_interval`, `repeat_interval`, `send_recovery`, `receivers`
    /// and `escalate` of a section; missing keys are as in `default`. A receiver must be one of `known`. An inherited
    /// escalation to one of the section's `receivers` is dropped.
    pub fn read(section: &mut Section<'_>, default: &Self, known: &[String]) -> Self {
        let mut routing = Self {
            group_by: if section.has("group_by") {
                read_fields(section, "group_by", MAX_GROUP_FIELDS)
            } else {
                default.group_by.clone()
            },
            wait: section.duration("group_wait", WAIT, default.wait),
            interval: section.duration("group_interval", INTERVAL, default.interval),
            repeat: section.duration("repeat_interval", REPEAT, default.repeat),
            send_recovery: section.boolean("send_recovery", default.send_recovery),
            receivers: if section.has("receivers") {
                Some(read_receivers(section, known))
            } else {
                default.receivers.clone()
            },
            escalation: if section.has("escalate") {
                section.section("escalate", |section| Escalation::read(section, known))
            } else {
                default.escalation.clone()
            },
        };
        routing.notify_once(section, known);
        routing
    }

    /// A receiver is either notified at once or escalated to: what the section says itself takes precedence over what
    /// it inherits.
    fn notify_once(&mut self, section: &mut Section<'_>, known: &[String]) {
        let Some(Escalation { to, .. }) = self.escalation.clone() else { return };
        let (has_escalation, has_receivers) = (section.has("escalate"), section.has("receivers"));
        if let Some(receivers) = self.receivers.as_mut().filter(|receivers| receivers.contains(&to)) {
            if !has_escalation {
                self.escalation = None;
                return;
            }
            if has_receivers {
                let reason = format!("the receiver {to} is notified at once and cannot be escalated to");
                section.refuse("escalate", reason);
                return;
            }
            receivers.retain(|receiver| *receiver != to);
        }
        let first = self.receivers.as_deref().unwrap_or(known);
        if has_escalation && first.iter().all(|receiver| *receiver == to) {
            let reason = "there is no other receiver to notify first: add one, or remove escalate";
            section.refuse("escalate", reason);
        }
    }

    /// Whether the receiver of this name is notified at once.
    pub fn goes_to(&self, receiver: &str) -> bool {
        match &self.receivers {
            Some(names) => names.iter().any(|name| name == receiver),
            None => self.escalation.as_ref().is_none_or(|escalation| escalation.to != receiver),
        }
    }
}

impl Escalation {
    fn read(section: &mut Section<'_>, known: &[String]) -> Option<Self> {
        let to = section.required_text("to", MAX_RECEIVER_BYTES);
        let after = section.duration("after", ESCALATE, ESCALATE_DEFAULT);
        if !known.contains(&to) {
            section.refuse("to", format!("must be one of {}, is {to:?}", known.join(", ")));
            return None;
        }
        Some(Self { to, after })
    }
}

fn read_receivers(section: &mut Section<'_>, known: &[String]) -> Vec<String> {
    let choices: Vec<(&str, &String)> = known.iter().map(|name| (name.as_str(), name)).collect();
    let mut chosen: Vec<String> = section.choices("receivers", &choices).into_iter().cloned().collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// At most `max` names of fields.
pub(crate) fn read_fields(section: &mut Section<'_>, key: &'static str, max: usize) -> Vec<String> {
    section.parsed_set(key, max).into_iter().map(|Field(name)| name).collect()
}

/// The name of a field of an alert.
#[derive(PartialEq)]
struct Field(String);

impl FromStr for Field {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_part = |c: char| c.is_alphanumeric() || "_.:-/".contains(c);
        if text.is_empty() || text.len() > MAX_LABEL_NAME_BYTES || !text.chars().all(is_part) {
            return Err(format!("must be 1 to {MAX_LABEL_NAME_BYTES} letters, digits and any of _.:-/"));
        }
        Ok(Self(text.to_owned()))
    }
}
