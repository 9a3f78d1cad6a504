//! Incidents.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use watchkeeper_domain::{Incident, IncidentPhase, IncidentUpdate, Timestamp};

/// An incident or a maintenance on status pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentJson {
    /// ID.
    #[schema(example = "k3v9x2m7q4w8t5zn")]
    pub id: String,
    /// State: `active`, `coming` (maintenance that has not begun) or `ended`.
    #[schema(example = "active")]
    pub state: String,
    /// Status of the last update: `investigating`, `identified`, `monitoring`, `scheduled` or `resolved`.
    #[schema(example = "investigating")]
    pub status: String,
    /// Title.
    #[schema(example = "The shop is slow")]
    pub title: String,
    /// Names of the status pages that show it; omitted if all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["customers"]))]
    pub pages: Vec<String>,
    /// Targets and groups that it affects, as the pages name them; omitted if none are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["Web shop"]))]
    pub affected: Vec<String>,
    /// Whether it is maintenance.
    pub is_maintenance: bool,
    /// Start: of maintenance as planned, else when it was opened.
    #[schema(example = "2026-11-20T10:00:00Z", format = DateTime)]
    pub starts_at: String,
    /// End: when it was resolved, or when the maintenance ends; omitted if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-20T12:00:00Z", format = DateTime)]
    pub ends_at: Option<String>,
    /// Updates, oldest first.
    pub updates: Vec<IncidentUpdateJson>,
}

/// An update of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentUpdateJson {
    /// Time.
    #[schema(example = "2026-11-20T10:00:00Z", format = DateTime)]
    pub at: String,
    /// Status since then.
    #[schema(example = "investigating")]
    pub status: String,
    /// Text.
    #[schema(example = "Orders take up to a minute. We are looking for the cause.")]
    pub text: String,
    /// Who wrote it; not shown on status pages.
    #[schema(example = "ops")]
    pub by: String,
}

/// Incidents: active ones, the latest first; then coming maintenance, the next first; then, if requested, ended ones, last
/// ended first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentList {
    /// The incidents.
    pub incidents: Vec<IncidentJson>,
}

/// An incident to open; with `ends_at` or `duration`, a maintenance to announce.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentRequest {
    /// ID, which makes a repeated request idempotent: 1 to 64 ASCII letters, digits, `-` and `_`. Random if omitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    pub id: Option<String>,
    /// Title, one line.
    #[schema(min_length = 1, max_length = 200, example = "The shop is slow")]
    pub title: String,
    /// Text of the first update. Plain text; an empty line separates paragraphs, and addresses become links.
    #[schema(
        min_length = 1,
        max_length = 4_000,
        example = "Orders take up to a minute. We are looking for the cause."
    )]
    pub text: String,
    /// Status: `investigating` (the default), `identified`, `monitoring` or `resolved`; of maintenance `scheduled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "investigating")]
    pub status: Option<String>,
    /// Names of the status pages that show it; all if omitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20, example = json!([]))]
    pub pages: Vec<String>,
    /// Targets and groups that it affects, as the pages name them, each at most 200 bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50, example = json!(["Web shop"]))]
    pub affected: Vec<String>,
    /// Start of the maintenance, RFC 3339; now if omitted or in the past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub starts_at: Option<String>,
    /// End of the maintenance, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub ends_at: Option<String>,
    /// Duration of the maintenance, with a unit; at most 31 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// Who opens it; if omitted, the name of the token, or `anybody` without a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "ops")]
    pub by: Option<String>,
}

/// An update to add to an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentUpdateRequest {
    /// Status from now on; that of the last update if omitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "resolved")]
    pub status: Option<String>,
    /// Text. Plain text; an empty line separates paragraphs, and addresses become links.
    #[schema(
        min_length = 1,
        max_length = 4_000,
        example = "A full disk was the cause. Orders are fast again."
    )]
    pub text: String,
    /// Who writes it; if omitted, the name of the token, or `anybody` without a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "ops")]
    pub by: Option<String>,
}

impl IncidentRequest {
    /// Maximum length of an ID, in bytes.
    pub const MAX_ID_BYTES: usize = 64;
    /// Maximum length of a title, in bytes.
    pub const MAX_TITLE_BYTES: usize = 200;
    /// Maximum length of the text of an update, in bytes.
    pub const MAX_TEXT_BYTES: usize = 4_000;
    /// Maximum number of named pages.
    pub const MAX_PAGES: usize = 20;
    /// Maximum number of affected targets and groups.
    pub const MAX_AFFECTED: usize = 50;
    /// Maximum length of the name of one of them, in bytes.
    pub const MAX_AFFECTED_BYTES: usize = 200;
    /// Maximum length of `by`, in bytes.
    pub const MAX_BY_BYTES: usize = 100;
    /// Maximum duration of maintenance.
    pub const MAX_DURATION: Duration = Duration::from_secs(31 * 24 * 60 * 60);
    /// How far in the future maintenance may start.
    pub const MAX_AHEAD: Duration = Duration::from_secs(366 * 24 * 60 * 60);
}

impl IncidentJson {
    /// The incident with its state at `now`.
    pub fn new(incident: &Incident, now: Timestamp) -> Self {
        let state = match incident.phase(now) {
            IncidentPhase::Coming => "coming",
            IncidentPhase::Active => "active",
            IncidentPhase::Ended => "ended",
        };
        Self {
            id: incident.id.clone(),
            state: state.to_owned(),
            status: incident.status().to_string(),
            title: incident.title.clone(),
            pages: incident.pages.clone(),
            affected: incident.affected.clone(),
            is_maintenance: incident.maintenance.is_some(),
            starts_at: incident.starts_at().to_string(),
            ends_at: incident.ends_at().map(|end| end.to_string()),
            updates: incident.updates.iter().map(IncidentUpdateJson::new).collect(),
        }
    }
}

impl IncidentUpdateJson {
    fn new(update: &IncidentUpdate) -> Self {
        Self {
            at: update.at.to_string(),
            status: update.status.to_string(),
            text: update.text.clone(),
            by: update.by.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::PartialSchema as _;
    use watchkeeper_domain::IncidentStatus;

    #[test]
    fn an_incident_says_how_it_stands() {
        let incident = Incident {
            id: "x1".into(),
            title: "The shop is slow".into(),
            pages: Vec::new(),
            affected: Vec::new(),
            maintenance: None,
            updates: vec![IncidentUpdate {
                at: Timestamp::MIN,
                status: IncidentStatus::Identified,
                text: "A disk is full.".into(),
                by: "ops".into(),
            }],
        };
        assert_eq!(
            serde_json::to_string(&IncidentJson::new(&incident, Timestamp::MIN)).unwrap(),
            concat!(
                r#"{"id":"x1","state":"active","status":"identified","title":"The shop is slow","is_maintenance":false,"#,
                r#""starts_at":"1970-01-01T00:00:00Z","updates":[{"at":"1970-01-01T00:00:00Z","status":"identified","#,
                r#""text":"A disk is full.","by":"ops"}]}"#
            )
        );
    }

    #[test]
    fn the_schemas_have_the_limits() {
        let request = serde_json::to_value(IncidentRequest::schema()).unwrap();
        let update = serde_json::to_value(IncidentUpdateRequest::schema()).unwrap();
        let limit = |field: &str, keyword: &str| request["properties"][field][keyword].clone();
        assert_eq!(limit("id", "maxLength"), IncidentRequest::MAX_ID_BYTES);
        assert_eq!(limit("title", "maxLength"), IncidentRequest::MAX_TITLE_BYTES);
        assert_eq!(limit("text", "maxLength"), IncidentRequest::MAX_TEXT_BYTES);
        assert_eq!(limit("pages", "maxItems"), IncidentRequest::MAX_PAGES);
        assert_eq!(limit("affected", "maxItems"), IncidentRequest::MAX_AFFECTED);
        assert_eq!(limit("by", "maxLength"), IncidentRequest::MAX_BY_BYTES);
        assert_eq!(update["properties"]["text"]["maxLength"], IncidentRequest::MAX_TEXT_BYTES);
        assert_eq!(update["properties"]["by"]["maxLength"], IncidentRequest::MAX_BY_BYTES);
    }

    #[test]
    fn a_misspelt_request_is_refused() {
        assert!(serde_json::from_str::<IncidentRequest>(r#"{"title":"a","text":"b","affects":[]}"#).is_err());
        assert!(serde_json::from_str::<IncidentUpdateRequest>(r#"{"text":"b","state":"resolved"}"#).is_err());
    }
}
