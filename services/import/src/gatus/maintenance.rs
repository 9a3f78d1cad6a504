//! The maintenance window of Gatus, in which no alert is sent.

use super::{list, text};
use crate::model::{Import, Window};
use crate::text::go_duration;
use serde_json::Value;

/// Reads the section `maintenance`.
pub(super) fn read(root: &Value, import: &mut Import) {
    let window = &root["maintenance"];
    if !window.is_object() || window["enabled"] == Value::Bool(false) {
        return;
    }
    match read_window(window) {
        Ok(window) => import.windows.push(window),
        Err(reason) => import.notes.push(format!("the maintenance window was left out: {reason}")),
    }
}

fn read_window(window: &Value) -> Result<Window, String> {
    let start = text(window, "start").ok_or("has no start")?;
    let duration = text(window, "duration").and_then(go_duration).ok_or("has no duration")?;
    let days: Result<Vec<&'static str>, String> =
        list(window, "every").iter().filter_map(Value::as_str).map(day).collect();
    Ok(Window {
        name: "maintenance".to_owned(),
        days: days?,
        start: start.to_owned(),
        minutes: duration.div_ceil(60_000),
        time_zone: Some(text(window, "timezone").unwrap_or("UTC").to_owned()),
        targets: Vec::new(),
    })
}

fn day(name: &str) -> Result<&'static str, String> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let short = name.to_ascii_lowercase();
    let day = DAYS.into_iter().find(|day| short.starts_with(day));
    day.ok_or_else(|| format!("{name} is not a day of the week"))
}
