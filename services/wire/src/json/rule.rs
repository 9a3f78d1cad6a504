//! Rules, and why they do or do not fire.

use super::{AlertRef, SeriesJson, SilenceJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule: when to notify.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleJson {
    /// What it is called.
    #[schema(example = "site_down")]
    pub name: String,
    /// How bad it is: `info`, `warning` or `critical`.
    #[schema(example = "critical")]
    pub severity: String,
    /// Which series it is about; left out when it is about none, as a rule about dead letters.
    #[serde(rename = "match", default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["source=\"uptime\"", "name=\"availability_percent\""]))]
    pub matchers: Vec<String>,
    /// What has to hold, in words.
    #[schema(example = "below 50, clears at 60")]
    pub condition: String,
    /// For how long it has to hold before the rule fires.
    #[serde(rename = "for")]
    #[schema(example = "2m")]
    pub hold: String,
    /// What people are told about it, as the configuration has it; left out when that says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "{{ labels.target }} does not answer")]
    pub summary: Option<String>,
    /// Who is notified; left out when all receivers are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["ops"]))]
    pub receivers: Option<Vec<String>>,
    /// About how many series it fires now.
    pub firing: u64,
}

/// The rules, in the order of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleList {
    /// All of them.
    pub rules: Vec<RuleJson>,
}

/// Why a rule does or does not fire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleExplanation {
    /// The rule.
    pub rule: RuleJson,
    /// The series that were asked for, or those that the rule is about: first those about which it fires,
    /// then the others by key.
    pub series: Vec<SeriesExplanation>,
    /// How many series the answer may hold, if there are or may be more of them; left out when all are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series_limit: Option<usize>,
}

/// Why a rule does or does not fire about one series, and whether anybody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeriesExplanation {
    /// The series.
    pub series: SeriesJson,
    /// Whether the rule fires about it now.
    pub fires: bool,
    /// Why, a line each.
    #[schema(example = json!(["is 0 percent, below 50 for 2m"]))]
    pub why: Vec<String>,
    /// The silences because of which nobody is told, or would be; left out when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silences: Vec<SilenceJson>,
    /// An alert because of which nobody is told, or would be, as long as it fires; left out when there is none.
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
