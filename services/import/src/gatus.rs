//! The configuration of Gatus: <https://github.com/TwiN/gatus#configuration>.

mod alerting;
mod conditions;
mod endpoint;
mod maintenance;

use crate::model::Import;
use crate::text::missing;
use crate::{ImportError, Imported, MAX_IMPORT_BYTES, MAX_IMPORTED, write, yaml};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Sections that are about Gatus itself, and say nothing of what is watched.
const ABOUT_GATUS: [&str; 12] = [
    "announcements",
    "concurrency",
    "connectivity",
    "debug",
    "disable-monitoring-lock",
    "metrics",
    "remote",
    "security",
    "skip-invalid-config-update",
    "storage",
    "ui",
    "web",
];

/// Reads the text of a configuration file of Gatus.
///
/// # Errors
/// It is not YAML, or has neither endpoints nor anything else of Gatus.
pub fn gatus(text: &str) -> Result<Imported, ImportError> {
    if text.len() as u64 > MAX_IMPORT_BYTES {
        return Err(ImportError::TooLong);
    }
    let root = yaml::parse(text)?;
    let endpoints = list(&root, "endpoints");
    if endpoints.is_empty() && list(&root, "external-endpoints").is_empty() {
        let reason = "is not a configuration of Gatus, or has no endpoints: `endpoints` is missing or empty";
        return Err(ImportError::Other(reason.to_owned()));
    }
    if endpoints.len() > MAX_IMPORTED {
        return Err(ImportError::Other(format!(
            "has {} endpoints, the limit is {MAX_IMPORTED}",
            endpoints.len()
        )));
    }
    let mut import = Import { tool: "Gatus", ..Import::default() };
    let defaults = alerting::read(&root["alerting"], &mut import);
    for endpoint in endpoints {
        match endpoint::read(endpoint, &defaults, &mut import.secrets) {
            Ok(site) => import.sites.push(site),
            Err(reason) => import.refused.push((endpoint::full_name(endpoint), reason)),
        }
    }
    for endpoint in list(&root, "external-endpoints") {
        match endpoint::read_heartbeat(endpoint, &defaults) {
            Ok(heartbeat) => import.heartbeats.push(heartbeat),
            Err(reason) => import.refused.push((endpoint::full_name(endpoint), reason)),
        }
    }
    for suite in list(&root, "suites") {
        import.refused.push((endpoint::full_name(suite), missing("a suite")));
    }
    maintenance::read(&root, &mut import);
    note_the_rest(&root, &mut import);
    Ok(write::write(import))
}

/// Names the sections that were not read; one for anchors has been read where they are used.
fn note_the_rest(root: &Value, import: &mut Import) {
    const READ: [&str; 6] =
        ["alerting", "default-endpoint", "endpoints", "external-endpoints", "maintenance", "suites"];
    let sections = root.as_object().into_iter().flat_map(Map::keys).map(String::as_str);
    let (about, unknown): (Vec<&str>, Vec<&str>) =
        sections.filter(|name| !READ.contains(name)).partition(|name| ABOUT_GATUS.contains(name));
    if !about.is_empty() {
        import.notes.push(format!("left out, because it is about Gatus itself: {}", about.join(", ")));
    }
    if !unknown.is_empty() {
        import.notes.push(format!("left out, because it is not known: {}", unknown.join(", ")));
    }
}

/// The names of receivers for each type of alert, and what alerts of the type have by default.
type Alerting = BTreeMap<String, alerting::Provider>;

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value[key].as_str().filter(|text| !text.is_empty())
}

/// Whether Gatus replaces a part of the text by a variable of its environment.
fn has_variable(text: &str) -> bool {
    let after = |(at, _): (usize, &str)| text[at + 1..].chars().next();
    text.match_indices('$').filter_map(after).any(|next| next == '{' || next.is_ascii_uppercase())
}

#[cfg(test)]
mod tests;
