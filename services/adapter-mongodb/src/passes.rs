//! Progress of rollup passes: `{ _id: "hourly", made_until: "2026-11-20T10:00:00Z" }`. It is text because
//! MongoDB's dates have no microseconds.

use crate::collections::Collection;
use crate::error::broken;
use crate::server::{Find, Server};
use mongodb::bson::{doc, rawdoc};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::PortError;

/// The instant up to which `pass` has rolled up, if it ever ran.
pub(crate) async fn made_until(server: &Server, pass: &str) -> Result<Option<Timestamp>, PortError> {
    let find = Find {
        collection: Collection::Passes,
        filter: doc! { "_id": pass },
        fields: doc! { "made_until": 1 },
        order: doc! {},
        limit: 1,
    };
    let mut until = None;
    server
        .find(find, |found| {
            until = Some(found.get_str("made_until")?.to_owned());
            Ok(())
        })
        .await?;
    let read = |until: String| {
        until.parse().map_err(|error| broken(format!("made_until of the pass {pass} is {until}: it {error}")))
    };
    until.map(read).transpose()
}

/// Records how far `pass` has come.
pub(crate) async fn set_made_until(server: &Server, pass: &str, until: Timestamp) -> Result<(), PortError> {
    let note = rawdoc! {
        "q": { "_id": pass },
        "u": { "$set": { "made_until": until.to_string() } },
        "upsert": true,
    };
    server.write_one(Collection::Passes, note).await.map(drop)
}

/// The same as a compare-and-set; returns whether it was at `expected`.
pub(crate) async fn move_made_until(
    server: &Server,
    pass: &str,
    expected: Option<Timestamp>,
    until: Timestamp,
) -> Result<bool, PortError> {
    let until = until.to_string();
    let note = match expected {
        None => rawdoc! {
            "q": { "_id": pass },
            "u": { "$setOnInsert": { "made_until": &*until } },
            "upsert": true,
        },
        Some(expected) => rawdoc! {
            "q": { "_id": pass, "made_until": expected.to_string() },
            "u": { "$set": { "made_until": &*until } },
        },
    };
    let written = server.write_one(Collection::Passes, note).await?;
    Ok(if expected.is_none() { !written.inserted.is_empty() } else { written.documents > 0 })
}
