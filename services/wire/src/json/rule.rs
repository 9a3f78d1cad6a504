//! Rules, and why they fire or not.

use super::{AlertRef, SeriesJson, SilenceJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An alerting rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleJson {
    /// Name.
    #[schema(example = "site_down")]
    pub name: String,
    /// Severity: `info`, `warning` or `critical`.
    #[schema(example = "critical")]
    pub severity: String,
    /// Matchers of the series it evaluates; omitted for rules without series, such as those on dead letters.
    #[serde(rename = "match", default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["source=\"uptime\"", "name=\"availability_percent\""]))]
    pub matchers: Vec<String>,
    /// The condition, in words.
    #[schema(example = "below 50, clears at 60")]
    pub condition: String,
    /// How long the condition must hold before the rule fires.
    #[serde(rename = "for")]
    #[schema(example = "2m")]
    pub hold: String,
    /// The summary template from the configuration; omitted if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "{{ labels.target }} does not answer")]
    pub summary: Option<String>,
    /// The receivers; omitted if all receivers are notified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["ops"]))]
    pub receivers: Option<Vec<String>>,
    /// Number of series that it is firing for.
    pub firing: u64,
    /// Whether it is a default rule, which is on without being in the configuration; omitted if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// What is probably wrong with it: it matches no series. Omitted if nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "matches no series: none has `sourse`; did you mean `source`?")]
    pub warning: Option<String>,
}

/// The rules, in the order of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleList {
    /// The rules.
    pub rules: Vec<RuleJson>,
}

/// Why a rule fires or does not fire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleExplanation {
    /// The rule.
    pub rule: RuleJson,
    /// The requested series, or those that the rule matches: firing ones first, then the others by key.
    pub series: Vec<SeriesExplanation>,
    /// The maximum number of series, if there are or may be more than that; omitted if the result is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series_limit: Option<usize>,
}

/// Why a rule fires or does not fire for one series, and what mutes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeriesExplanation {
    /// The series.
    pub series: SeriesJson,
    /// Whether the rule is firing for it.
    pub fires: bool,
    /// The reasons, one per line.
    #[schema(example = json!(["is 0 percent, below 50 for 2m"]))]
    pub why: Vec<String>,
    /// Silences that mute the alert, or would mute it; omitted if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silences: Vec<SilenceJson>,
    /// A firing alert that inhibits the alert, or would inhibit it; omitted if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inhibited_by: Option<AlertRef>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_the_words_of_the_configuration() {
        let rule = RuleJson {
            name: "busy".into(),
            severity: "warning".into(),
            matchers: vec!["source=\"host\"".into()],
            condition: "above 8".into(),
            hold: "2m".into(),
            summary: None,
            receivers: None,
            firing: 1,
            default: false,
            warning: None,
        };
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"name":"busy","severity":"warning","match":["source=\"host\""],"#,
                r#""condition":"above 8","for":"2m","firing":1}"#
            )
        );
        assert_eq!(serde_json::from_str::<RuleJson>(&json).unwrap(), rule);
    }
}
