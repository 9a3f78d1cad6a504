//! Maintenance windows of Uptime Kuma.

use super::text;
use crate::model::{Import, Window};
use crate::names::{self, Names};
use serde_json::Value;

/// Days as Uptime Kuma counts them: 0 and 7 are Sunday.
const DAYS: [&str; 8] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTES_OF_A_DAY: u64 = 24 * 60;
/// Longest names of targets in one window, in bytes: a matcher is bounded.
const MAX_NAMES_BYTES: usize = 400;

/// Reads the active windows that recur daily or on days of the week.
pub(super) fn read(rows: &[Value], import: &mut Import) {
    let mut taken = Names::default();
    for row in rows {
        let title = text(row, "title").unwrap_or("without a title");
        match window(row) {
            Ok(window) => {
                for targets in parts(targets(row)) {
                    let name = taken.unique(&names::word(title));
                    import.windows.push(Window { name, targets, ..window.clone() });
                }
            }
            Err(reason) => import.notes.push(format!("the maintenance {title} was left out: {reason}")),
        }
    }
}

fn window(row: &Value) -> Result<Window, String> {
    let days = match text(row, "strategy").unwrap_or_default() {
        "recurring-weekday" => days(row)?,
        "recurring-interval" if row["interval_day"].as_i64() == Some(1) => Vec::new(),
        "single" => return Err("it does not recur: use `watchkeeper silences add`".to_owned()),
        "manual" => return Err("it has no times: use `watchkeeper silences add`".to_owned()),
        other => {
            return Err(format!("{other} is not supported: only daily windows and days of the week are"));
        }
    };
    let start = minute(row, "start_time").ok_or("has no start")?;
    let end = minute(row, "end_time").ok_or("has no end")?;
    let minutes = (end + MINUTES_OF_A_DAY - start) % MINUTES_OF_A_DAY;
    Ok(Window {
        name: String::new(),
        days,
        start: format!("{:02}:{:02}", start / 60, start % 60),
        minutes: if minutes == 0 { MINUTES_OF_A_DAY } else { minutes },
        time_zone: text(row, "timezone")
            .filter(|zone| zone.contains('/') || *zone == "UTC")
            .map(str::to_owned),
        targets: Vec::new(),
    })
}

fn days(row: &Value) -> Result<Vec<&'static str>, String> {
    let list: Vec<usize> =
        serde_json::from_str(text(row, "weekdays").unwrap_or_default()).unwrap_or_default();
    let mut days: Vec<&str> = list.into_iter().filter_map(|day| DAYS.get(day).copied()).collect();
    days.sort_unstable();
    days.dedup();
    if days.is_empty() { Err("has no days".to_owned()) } else { Ok(days) }
}

/// `02:30:00` as minutes of the day.
fn minute(row: &Value, key: &str) -> Option<u64> {
    let (hours, rest) = text(row, key)?.split_once(':')?;
    let minutes: u64 = rest.split(':').next()?.parse().ok()?;
    let hours: u64 = hours.parse().ok()?;
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

fn targets(row: &Value) -> Vec<String> {
    let names = row["monitors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    names.filter_map(names::shown).collect()
}

/// In parts that fit a matcher; one part if there are none.
fn parts(targets: Vec<String>) -> Vec<Vec<String>> {
    let mut parts = vec![Vec::new()];
    let mut length = 0;
    for target in targets {
        let bytes = regex::escape(&target).len() + 1;
        if length + bytes > MAX_NAMES_BYTES && length > 0 {
            parts.push(Vec::new());
            length = 0;
        }
        length += bytes;
        if let Some(part) = parts.last_mut() {
            part.push(target);
        }
    }
    parts
}
