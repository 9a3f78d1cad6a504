//! Errors of a request, as a whole or item by item.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchkeeper_domain::Violation;

/// Why a request failed (RFC 9457), as a client reads it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct Problem {
    /// URI of the problem type; `about:blank` if the HTTP status is enough.
    #[serde(rename = "type", default = "about_blank")]
    #[schema(example = "urn:watchkeeper:problem:invalid-input")]
    pub kind: String,
    /// Summary of the problem type, always the same for one type.
    #[schema(example = "The input is not valid")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 400)]
    pub status: u16,
    /// What was wrong with this request.
    #[schema(example = "from: must be before to")]
    pub detail: String,
    /// The invalid fields; omitted if the problem is not about fields.
    #[serde(default)]
    pub errors: Vec<Refusal>,
}

/// An invalid field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refusal {
    /// Index of the item in the body, from 0; omitted if the body has no items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// The field.
    #[schema(example = "value")]
    pub field: String,
    /// What the field must be, with the limit.
    #[schema(example = "must be a number, is a string")]
    pub reason: String,
}

/// The result for the items of a body: each is either accepted, and published to the bus, or refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IngestAnswer {
    /// Number of accepted items.
    pub accepted: usize,
    /// Number of refused items; omitted if there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused_total: usize,
    /// The first refused items, in order; omitted if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refusal>,
}

impl Refusal {
    /// Why an item of the body was refused.
    pub fn of_item(index: usize, violation: Violation) -> Self {
        Self { index: Some(index), field: violation.field, reason: violation.reason }
    }
}

fn about_blank() -> String {
    "about:blank".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_problem_may_leave_out_is_read_as_in_rfc_9457() {
        let whole = concat!(
            r#"{"type":"urn:watchkeeper:problem:invalid-input","title":"The input is not valid","status":400,"#,
            r#""detail":"from: must be before to","errors":[{"field":"from","reason":"must be before to"}]}"#
        );
        let problem: Problem = serde_json::from_str(whole).unwrap();
        let refusal = Refusal { index: None, field: "from".into(), reason: "must be before to".into() };
        assert_eq!((problem.status, problem.errors), (400, vec![refusal]));
        let least = r#"{"title":"Not Found","status":404,"detail":"there is no such path"}"#;
        let problem: Problem = serde_json::from_str(least).unwrap();
        assert_eq!((problem.kind.as_str(), problem.errors), ("about:blank", vec![]));
    }

    #[test]
    fn a_refused_item_has_its_index() {
        let refusal = Refusal::of_item(7, Violation::new("value", "is missing"));
        let answer = IngestAnswer { accepted: 2, refused_total: 1, refused: vec![refusal] };
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"accepted":2,"refused_total":1,"refused":[{"index":7,"field":"value","reason":"is missing"}]}"#
        );
        let answer = IngestAnswer { accepted: 3, ..IngestAnswer::default() };
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"accepted":3}"#);
    }
}
