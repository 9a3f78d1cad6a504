//! The server's answer to a write.

use crate::error::{broken, unavailable};
use mongodb::bson::{Bson, Document, deserialize_from_document};
use serde::Deserialize;
use std::collections::HashSet;
use watchkeeper_ports::PortError;

/// The outcome of the statements of one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// How many documents they matched or inserted.
    pub(crate) documents: u64,
    /// The ids of inserted documents, which are strings here. `FerretDB` does not say which statement
    /// inserted one.
    pub(crate) inserted: HashSet<String>,
    pub(crate) refused: Option<Refused>,
}

/// Statements that the server refused, while it did others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) statements: usize,
    /// Why the first one was refused.
    pub(crate) reason: String,
}

impl Refused {
    /// The port error. Without a code a full disk cannot be told from a validation rule of the collection; a
    /// retry loses nothing, and the operator can read the reason.
    pub(crate) fn port_error(&self) -> PortError {
        let Self { statements, reason } = self;
        unavailable(format!("{statements} writes were refused, the first because: {reason}"))
    }
}

impl Written {
    /// Parses an answer. A write that was not made durable is an error.
    pub(crate) fn read(answer: Document) -> Result<Self, PortError> {
        let answer: Answer = deserialize_from_document(answer)
            .map_err(|error| broken(format!("the answer to a write cannot be read: {error}")))?;
        if let Some(Reason { errmsg }) = answer.not_durable {
            return Err(unavailable(format!("the write is not durable: {errmsg}")));
        }
        let refused = answer
            .refused
            .first()
            .map(|first| Refused { statements: answer.refused.len(), reason: first.errmsg.clone() });
        let inserted = answer.inserted.into_iter().filter_map(Upserted::text_id).collect();
        Ok(Self { documents: answer.n, inserted, refused })
    }
}

/// The relevant fields of an answer.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    n: u64,
    #[serde(default, rename = "upserted")]
    inserted: Vec<Upserted>,
    #[serde(default, rename = "writeErrors")]
    refused: Vec<Reason>,
    #[serde(rename = "writeConcernError")]
    not_durable: Option<Reason>,
}

#[derive(Deserialize)]
struct Upserted {
    #[serde(rename = "_id")]
    id: Bson,
}

impl Upserted {
    fn text_id(self) -> Option<String> {
        if let Bson::String(id) = self.id { Some(id) } else { None }
    }
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    errmsg: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::doc;
    use watchkeeper_ports::Failure;

    #[test]
    fn what_was_inserted_is_known_by_its_id_whatever_its_place_is_said_to_be() {
        let upserted = vec![doc! { "index": 0, "_id": "a" }, doc! { "index": 1_i64, "_id": "x" }];
        let written = Written::read(doc! { "n": 4, "nModified": 1, "upserted": upserted, "ok": 1.0 });
        assert_eq!(
            written.unwrap(),
            Written { documents: 4, inserted: ["a".into(), "x".into()].into(), refused: None }
        );
        assert_eq!(Written::read(doc! { "ok": 1 }).unwrap(), Written::default());
    }

    #[test]
    fn a_refused_statement_is_seen_with_and_without_a_code() {
        for code in [Bson::Int32(11000), Bson::Null] {
            let mut error = doc! { "index": 0, "errmsg": "no room" };
            if code != Bson::Null {
                error.insert("code", code);
            }
            let errors = vec![error, doc! { "index": 1 }];
            let written = Written::read(doc! { "n": 0, "writeErrors": errors, "ok": 1.0 }).unwrap();
            let refused = written.refused.unwrap();
            assert_eq!(refused, Refused { statements: 2, reason: "no room".to_owned() });
            assert_eq!(refused.port_error().failure(), Failure::Retry);
        }
    }

    #[test]
    fn what_is_not_durable_is_an_error_with_and_without_a_code() {
        for concern in [doc! { "code": 64, "errmsg": "waiting timed out" }, doc! {}] {
            let error = Written::read(doc! { "n": 1, "writeConcernError": concern, "ok": 1.0 }).unwrap_err();
            assert_eq!(error.failure(), Failure::Retry);
            assert!(error.to_string().contains("not durable"), "{error}");
        }
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        assert!(Written::read(doc! { "n": "many" }).is_err());
        assert!(Written::read(doc! { "writeErrors": 1 }).is_err());
    }
}
