//! Silences.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use watchkeeper_domain::{MAX_MATCHERS, Silence, Timestamp};

/// A silence: mutes notifications for matching alerts for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SilenceJson {
    /// ID.
    #[schema(example = "k3v9x2m7q4w8t5zn")]
    pub id: String,
    /// State: `active`, `coming` (not started yet) or `ended`.
    #[schema(example = "active")]
    pub state: String,
    /// Matchers of the alerts; all must match.
    #[schema(example = json!(["rule=\"site_down\"", "target=\"shop\""]))]
    pub matchers: Vec<String>,
    /// Start, inclusive.
    #[schema(example = "2026-11-20T10:00:00Z", format = DateTime)]
    pub starts_at: String,
    /// End, exclusive.
    #[schema(example = "2026-11-20T12:00:00Z", format = DateTime)]
    pub ends_at: String,
    /// Who created it.
    #[schema(example = "ops")]
    pub created_by: String,
    /// Why it was created; omitted if empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "the shop moves to a new host")]
    pub comment: String,
    /// What is probably wrong with it: it matches no alert that a rule can fire. Omitted if nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "matches no series: none has `tarrget`; did you mean `target`?")]
    pub warning: Option<String>,
}

/// Silences that have not ended, ordered by end time; then, if requested, those that have ended, last ended first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SilenceList {
    /// The silences.
    pub silences: Vec<SilenceJson>,
}

/// A silence to create, with either `ends_at` or `duration`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SilenceRequest {
    /// ID, which makes a repeated request idempotent: 1 to 64 ASCII letters, digits, `-` and `_`. Random if omitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    pub id: Option<String>,
    /// Matchers: `FIELD="VALUE"`, or with `!=`, `=~` (regular expression) or `!~`. The fields are `rule`, `severity`,
    /// `source`, `name`, `unit` and the labels of the series. All must match; at least one must not match every
    /// alert.
    #[schema(min_items = 1, max_items = 16, example = json!(["rule=\"site_down\"", "target=\"shop\""]))]
    pub matchers: Vec<String>,
    /// Start, inclusive, RFC 3339; now if omitted or in the past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub starts_at: Option<String>,
    /// End, exclusive, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub ends_at: Option<String>,
    /// Duration, with a unit; at most 366 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2h")]
    pub duration: Option<String>,
    /// Who creates it; if omitted, the name of the token, or `anybody` without a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "ops")]
    pub created_by: Option<String>,
    /// Why it is created.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 1_000, example = "the shop moves to a new host")]
    pub comment: String,
}

impl SilenceRequest {
    /// Maximum length of an ID, in bytes.
    pub const MAX_ID_BYTES: usize = 64;
    /// Maximum number of matchers.
    pub const MAX_MATCHERS: usize = MAX_MATCHERS;
    /// Maximum length of `created_by`, in bytes.
    pub const MAX_CREATED_BY_BYTES: usize = 100;
    /// Maximum length of a comment, in bytes.
    pub const MAX_COMMENT_BYTES: usize = 1_000;
    /// Maximum duration of a silence, and how far in the future it may start.
    pub const MAX_DURATION: Duration = Duration::from_secs(366 * 24 * 60 * 60);
}

impl SilenceJson {
    /// The silence with its state at `now`.
    pub fn new(silence: &Silence, now: Timestamp) -> Self {
        let state = match now {
            now if now >= silence.ends_at => "ended",
            now if now < silence.starts_at => "coming",
            _ => "active",
        };
        Self {
            id: silence.id.clone(),
            state: state.to_owned(),
            matchers: silence.matchers.iter().map(ToString::to_string).collect(),
            starts_at: silence.starts_at.to_string(),
            ends_at: silence.ends_at.to_string(),
            created_by: silence.created_by.clone(),
            comment: silence.comment.clone(),
            warning: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::PartialSchema as _;
    use watchkeeper_domain::{Matcher, Matchers};

    #[test]
    fn a_silence_says_whether_it_holds() {
        let at = |seconds| Timestamp::MIN.plus(Duration::from_secs(seconds));
        let silence = Silence {
            id: "x1".into(),
            matchers: Matchers::new(vec![Matcher::equal("rule", "busy")]).unwrap(),
            starts_at: at(10),
            ends_at: at(20),
            created_by: "ops".into(),
            comment: String::new(),
        };
        let state = |now| SilenceJson::new(&silence, now).state;
        assert_eq!(
            [9, 10, 19, 20].map(|seconds| state(at(seconds))),
            ["coming", "active", "active", "ended"]
        );
        assert_eq!(
            serde_json::to_string(&SilenceJson::new(&silence, at(10))).unwrap(),
            concat!(
                r#"{"id":"x1","state":"active","matchers":["rule=\"busy\""],"starts_at":"1970-01-01T00:00:10Z","#,
                r#""ends_at":"1970-01-01T00:00:20Z","created_by":"ops"}"#
            )
        );
    }

    #[test]
    fn the_schema_has_the_limits() {
        let schema = serde_json::to_value(SilenceRequest::schema()).unwrap();
        let limit = |field: &str, keyword: &str| schema["properties"][field][keyword].clone();
        assert_eq!(limit("id", "maxLength"), SilenceRequest::MAX_ID_BYTES);
        assert_eq!(limit("matchers", "maxItems"), SilenceRequest::MAX_MATCHERS);
        assert_eq!(limit("created_by", "maxLength"), SilenceRequest::MAX_CREATED_BY_BYTES);
        assert_eq!(limit("comment", "maxLength"), SilenceRequest::MAX_COMMENT_BYTES);
    }

    #[test]
    fn a_misspelt_request_is_refused() {
        assert!(serde_json::from_str::<SilenceRequest>(r#"{"matchers":[],"coment":""}"#).is_err());
    }
}
