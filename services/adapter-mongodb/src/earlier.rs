//! Rewrites documents of earlier versions, whose `_id` the client generated and which were found by their
//! fields.

use crate::collections::Collection;
use crate::document::{delete, rollup_id, upsert};
use crate::error::unavailable;
use crate::server::{Find, Server, Unreadable};
use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId};
use tokio::time::Instant;
use watchkeeper_domain::{Timestamp, Window};
use watchkeeper_ports::PortError;

/// Documents that one step rewrites.
const STEP_DOCUMENTS: usize = 500;

/// Gives documents of earlier versions their new `_id`: each is stored under the new one before it is removed
/// under the old one. There may be many: what is not done within the time of one call is left to the next
/// ones, and until then each call reports its progress.
pub(crate) async fn adopt(server: &Server) -> Result<(), PortError> {
    let (deadline, mut adopted) = (Instant::now() + server.timeout(), 0);
    for collection in [Collection::Series, Collection::Rollups] {
        // Its uniqueness would forbid two documents of one series and window.
        if let Some(index) = collection.earlier_index() {
            server.drop_index(collection, index).await?;
        }
        loop {
            let (ids, rewritten) = some(server, collection).await?;
            let are_all = ids.len() < STEP_DOCUMENTS;
            server.write(collection, &rewritten, RawDocumentBuf::clone, |_| {}).await?;
            server.delete_each(collection, &ids, |id| delete(*id)).await?;
            adopted += ids.len();
            if are_all {
                break;
            }
            if Instant::now() >= deadline {
                return Err(unavailable(format!(
                    "rewriting documents of an earlier version: {adopted} more done"
                )));
            }
        }
    }
    Ok(())
}

/// Some documents of earlier versions: their ids, and the statements that store them under their new ones.
async fn some(
    server: &Server,
    collection: Collection,
) -> Result<(Vec<ObjectId>, Vec<RawDocumentBuf>), PortError> {
    let find = Find {
        collection,
        filter: doc! { "_id": { "$type": "objectId" } },
        fields: doc! {},
        order: doc! {},
        limit: STEP_DOCUMENTS,
    };
    let (mut ids, mut rewritten) = (Vec::new(), Vec::new());
    server
        .find(find, |found| {
            let (id, statement) = rewrite(collection, found)?;
            ids.push(id);
            rewritten.push(statement);
            Ok(())
        })
        .await?;
    Ok((ids, rewritten))
}

/// The id of a document, and the statement that stores it under its new one unless it exists. Of two latest
/// windows the later one is right.
fn rewrite(collection: Collection, found: &RawDocument) -> Result<(ObjectId, RawDocumentBuf), Unreadable> {
    let mut fields = Document::try_from(found)?;
    let old_id = fields.get_object_id("_id")?;
    fields.remove("_id");
    let key = fields.get_str("key")?;
    let new_id = match collection {
        Collection::Rollups => {
            let window: Window = fields.get_str("window")?.parse().map_err(|_| "its window is unknown")?;
            let micros = fields.get_datetime("start")?.timestamp_millis().checked_mul(1_000);
            let start = micros.and_then(Timestamp::from_micros).ok_or("its start is out of range")?;
            rollup_id(key, window, start)
        }
        Collection::Series | Collection::Passes | Collection::Checks => key.to_owned(),
    };
    let mut update = Document::new();
    if let Some(Bson::Document(latest)) = fields.remove("latest") {
        let latest: Document =
            latest.into_iter().map(|(window, start)| (format!("latest.{window}"), start)).collect();
        if !latest.is_empty() {
            update.insert("$max", latest);
        }
    }
    update.insert("$setOnInsert", fields);
    Ok((old_id, upsert(&new_id, RawDocumentBuf::try_from(&update)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::{DateTime, deserialize_from_slice};

    fn rewritten(collection: Collection, found: &Document) -> Document {
        let found = RawDocumentBuf::try_from(found).unwrap();
        let (_, statement) = rewrite(collection, &found).unwrap();
        deserialize_from_slice(statement.as_bytes()).unwrap()
    }

    #[test]
    fn a_rollup_keeps_its_fields_and_is_known_by_window_start_and_series() {
        let start = DateTime::parse_rfc3339_str("2026-11-20T10:00:00Z").unwrap();
        let fields =
            doc! { "window": "hour", "key": "host/load", "start": start, "avg": 0.5, "count": 3_i64 };
        let mut found = doc! { "_id": ObjectId::new() };
        found.extend(fields.clone());
        let expected = doc! {
            "q": { "_id": "hour/2026-11-20T10:00:00Z/host/load" },
            "u": { "$setOnInsert": fields },
            "upsert": true,
            "multi": true,
        };
        assert_eq!(rewritten(Collection::Rollups, &found), expected);
    }

    #[test]
    fn of_a_series_the_later_of_two_latest_windows_stays() {
        let at = DateTime::from_millis(0);
        let found = doc! { "_id": ObjectId::new(), "key": "host/load", "unit": "", "latest": { "hour": at } };
        let expected = doc! {
            "q": { "_id": "host/load" },
            "u": { "$max": { "latest.hour": at }, "$setOnInsert": { "key": "host/load", "unit": "" } },
            "upsert": true,
            "multi": true,
        };
        assert_eq!(rewritten(Collection::Series, &found), expected);
    }

    #[test]
    fn what_is_no_document_of_an_earlier_version_is_said_to_be_none() {
        let id = ObjectId::new();
        for found in [doc! {}, doc! { "_id": id }, doc! { "_id": id, "key": "k", "window": "year" }] {
            let found = RawDocumentBuf::try_from(&found).unwrap();
            assert!(rewrite(Collection::Rollups, &found).is_err());
        }
    }
}
