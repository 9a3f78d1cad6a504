//! The configuration of Uptime Kuma: the JSON backup of version 1, or the database `kuma.db` of versions 1 and 2.

mod database;
mod json_path;
mod maintenance;
mod monitor;
mod notification;

use crate::model::Import;
use crate::{ImportError, Imported, MAX_IMPORT_BYTES, MAX_IMPORTED, write};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// How a database of SQLite begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Reads a backup (JSON) or a database (`kuma.db`, which is opened for reading only).
///
/// # Errors
/// It is neither, or has no monitors.
pub fn uptime_kuma(file: &Path) -> Result<Imported, ImportError> {
    import(&read(file)?)
}

/// What a backup and a database have in common.
#[derive(Debug, Default)]
struct Kuma {
    /// As in a backup.
    monitors: Vec<Value>,
    notifications: Vec<Value>,
    /// Rows of the table `maintenance`, each with the names of its monitors in `monitors`.
    windows: Vec<Value>,
    has_windows: bool,
}

fn read(file: &Path) -> Result<Kuma, ImportError> {
    let mut bytes = Vec::new();
    File::open(file)?.take(SQLITE.len() as u64).read_to_end(&mut bytes)?;
    if bytes == SQLITE {
        return database::read(file);
    }
    bytes.clear();
    File::open(file)?.take(MAX_IMPORT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_IMPORT_BYTES {
        return Err(ImportError::TooLong);
    }
    backup(&serde_json::from_slice(&bytes)?)
}

fn backup(root: &Value) -> Result<Kuma, ImportError> {
    let list = |key: &str| root[key].as_array().cloned();
    let Some(monitors) = list("monitorList") else {
        let reason = "is neither a backup of Uptime Kuma (`monitorList` is missing) nor a database (kuma.db)";
        return Err(ImportError::Other(reason.to_owned()));
    };
    Ok(Kuma { monitors, notifications: list("notificationList").unwrap_or_default(), ..Kuma::default() })
}

fn import(kuma: &Kuma) -> Result<Imported, ImportError> {
    if kuma.monitors.len() > MAX_IMPORTED {
        return Err(ImportError::Other(format!(
            "has {} monitors, the limit is {MAX_IMPORTED}",
            kuma.monitors.len()
        )));
    }
    let mut import = Import { tool: "Uptime Kuma", ..Import::default() };
    let receivers = notification::read(&kuma.notifications, &mut import);
    let names: BTreeMap<i64, &str> =
        kuma.monitors.iter().filter_map(|monitor| Some((id(monitor)?, monitor["name"].as_str()?))).collect();
    for monitor in &kuma.monitors {
        // A group is only the name of its members' group.
        if monitor["type"] == "group" {
            continue;
        }
        if monitor["type"] == "push" {
            match monitor::read_heartbeat(monitor, &receivers) {
                Ok(heartbeat) => import.heartbeats.push(heartbeat),
                Err(reason) => import.refused.push((monitor::name(monitor), reason)),
            }
            continue;
        }
        match monitor::read(monitor, &names, &receivers, &mut import.secrets) {
            Ok(site) => import.sites.push(site),
            Err(reason) => import.refused.push((monitor::name(monitor), reason)),
        }
    }
    maintenance::read(&kuma.windows, &mut import);
    if !kuma.has_windows {
        import.notes.push("a backup has no maintenance windows: import kuma.db to take them, too".to_owned());
    }
    Ok(write::write(import))
}

fn id(row: &Value) -> Option<i64> {
    row["id"].as_i64()
}

/// A text that is not empty.
fn text<'v>(row: &'v Value, key: &str) -> Option<&'v str> {
    row[key].as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// A switch, which a database has as a number.
fn is_on(row: &Value, key: &str) -> bool {
    row[key].as_bool().unwrap_or_else(|| row[key].as_i64().is_some_and(|number| number != 0))
}

/// A number, which may be written as text; fractions are cut.
fn number(row: &Value, key: &str) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and negative ones are 0"
    )]
    let whole = |number: f64| number as u64;
    row[key].as_u64().or_else(|| row[key].as_f64().map(whole)).or_else(|| row[key].as_str()?.parse().ok())
}

#[cfg(test)]
mod tests;
