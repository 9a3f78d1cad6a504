//! `kuma.db`, the SQLite database of Uptime Kuma.

use super::Kuma;
use crate::{ImportError, MAX_IMPORTED};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;

/// Reads the tables with the names that a backup gives them.
pub(super) fn read(file: &Path) -> Result<Kuma, ImportError> {
    let database = open(file)?;
    let mut monitors = rows(&database, "SELECT * FROM monitor ORDER BY id")?;
    let tags =
        rows(&database, "SELECT monitor_id, name, value FROM monitor_tag JOIN tag ON tag.id = tag_id")?;
    let notifies = rows(&database, "SELECT monitor_id, notification_id FROM monitor_notification")?;
    let (mut tags, mut notifies) = (by_monitor(tags), by_monitor(notifies));
    for monitor in &mut monitors {
        let id = monitor["id"].as_i64();
        let receivers = notifies.remove(&id).unwrap_or_default().into_iter();
        let receivers: Map<String, Value> =
            receivers.map(|row| (row["notification_id"].to_string(), json!(true))).collect();
        monitor["tags"] = tags.remove(&id).unwrap_or_default().into();
        monitor["notificationIDList"] = receivers.into();
        renamed(monitor);
    }
    let notifications = rows(&database, "SELECT * FROM notification ORDER BY id")?;
    let windows = windows(&database)?;
    Ok(Kuma { monitors, notifications, has_windows: true, windows })
}

fn by_monitor(rows: Vec<Value>) -> HashMap<Option<i64>, Vec<Value>> {
    let mut by_monitor: HashMap<_, Vec<Value>> = HashMap::new();
    for row in rows {
        by_monitor.entry(row["monitor_id"].as_i64()).or_default().push(row);
    }
    by_monitor
}

/// Opens the file for reading only. Without a write-ahead log beside it, which a running Uptime Kuma has, SQLite is told
/// that nothing changes it: otherwise it would make files beside one that it reads.
fn open(file: &Path) -> Result<Connection, ImportError> {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    if Path::new(&log).exists() {
        return Ok(Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?);
    }
    let path = std::path::absolute(file)?;
    let escaped: String = path.as_os_str().as_encoded_bytes().iter().map(|byte| escaped(*byte)).collect();
    Ok(Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)?)
}

/// A byte of a path in a URI.
fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// Names of a backup that differ from those of the columns.
fn renamed(monitor: &mut Value) {
    const NAMES: [(&str, &str); 10] = [
        ("accepted_statuscodes_json", "accepted_statuscodes"),
        ("ignore_tls", "ignoreTls"),
        ("upside_down", "upsideDown"),
        ("invert_keyword", "invertKeyword"),
        ("expiry_notification", "expiryNotification"),
        ("json_path", "jsonPath"),
        ("json_path_operator", "jsonPathOperator"),
        ("expected_value", "expectedValue"),
        ("auth_method", "authMethod"),
        ("grpc_url", "grpcUrl"),
    ];
    for (column, name) in NAMES {
        let value = monitor[column].take();
        if !value.is_null() {
            monitor[name] = value;
        }
    }
    let codes = monitor["accepted_statuscodes"].as_str().and_then(|text| serde_json::from_str(text).ok());
    if let Some(codes) = codes {
        monitor["accepted_statuscodes"] = codes;
    }
}

/// Early versions have no windows.
fn windows(database: &Connection) -> Result<Vec<Value>, ImportError> {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'maintenance'";
    if rows(database, tables)?.is_empty() {
        return Ok(Vec::new());
    }
    let mut windows = rows(database, "SELECT * FROM maintenance WHERE active ORDER BY id")?;
    let monitors =
        "SELECT maintenance_id, name FROM monitor_maintenance JOIN monitor ON monitor.id = monitor_id";
    let monitors = rows(database, monitors)?;
    for window in &mut windows {
        let of_window = monitors.iter().filter(|row| row["maintenance_id"] == window["id"]);
        window["monitors"] = of_window.map(|row| row["name"].clone()).collect();
    }
    Ok(windows)
}

/// The rows as objects. Columns differ between versions.
fn rows(database: &Connection, query: &str) -> Result<Vec<Value>, ImportError> {
    let mut statement = database.prepare(query)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| {
        let cells = columns
            .iter()
            .enumerate()
            .map(|(index, column)| Ok((column.clone(), value(row.get_ref(index)?))));
        cells.collect::<Result<Map<String, Value>, _>>().map(Value::Object)
    })?;
    // Each monitor may have several tags and receivers.
    let most = 16 * MAX_IMPORTED;
    let rows: Vec<Value> = rows.take(most + 1).collect::<Result<_, _>>()?;
    if rows.len() > most {
        return Err(ImportError::Other(format!("has more than {most} rows in a table")));
    }
    Ok(rows)
}

fn value(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned().into(),
    }
}
