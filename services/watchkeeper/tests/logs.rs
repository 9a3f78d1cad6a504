//! What is logged has the fields that `docs/logs.md` lists, so that a query with `journalctl` finds all lines of a kind.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

#[path = "support/sources.rs"]
mod sources;

use sources::{code, services, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const MACROS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// Fields that the layers write for every line, and those of `role_span`.
const OF_EVERY_LINE: [&str; 8] =
    ["CODE_FILE", "CODE_LINE", "MESSAGE", "PRIORITY", "ROLE", "SPAN_NAME", "SYSLOG_IDENTIFIER", "TARGET"];

#[test]
fn every_field_of_a_log_line_is_documented_and_every_documented_field_is_logged() {
    let services = services();
    let mut logged = BTreeMap::<String, BTreeSet<String>>::new();
    for file in sources(&services) {
        for field in fields(&code(&fs::read_to_string(services.join(&file)).unwrap())) {
            logged.entry(field.to_uppercase()).or_default().insert(file.clone());
        }
    }
    assert!(logged.len() > 20, "the sources were not read: {logged:?}");
    let documented = documented(&fs::read_to_string(services.join("../docs/logs.md")).unwrap());
    let undocumented: Vec<_> = logged.iter().filter(|(field, _)| !documented.contains(*field)).collect();
    assert!(undocumented.is_empty(), "not in docs/logs.md: {undocumented:?}");
    let of_no_line: Vec<_> = documented
        .iter()
        .filter(|field| !logged.contains_key(*field) && !OF_EVERY_LINE.contains(&field.as_str()))
        .collect();
    assert!(of_no_line.is_empty(), "in docs/logs.md, but no line has it: {of_no_line:?}");
}

/// The journal keeps both values of a field that a line has twice, which no query by that field expects.
#[test]
fn no_line_has_a_field_of_its_own_that_every_line_has() {
    let services = services();
    for file in sources(&services) {
        let fields = fields(&code(&fs::read_to_string(services.join(&file)).unwrap()));
        let taken: Vec<_> =
            fields.iter().filter(|field| OF_EVERY_LINE.contains(&field.to_uppercase().as_str())).collect();
        assert!(taken.is_empty(), "{file}: {taken:?}");
    }
}

#[test]
fn a_field_is_found_however_it_is_written() {
    let text = "
        tracing::warn!(%error, dependency, offset = from, role = self.role(a, b), ?by, \"text, {other}\");
        tracing::info!(\n    run = self.run.id,\n    \"ended\"\n);
        tracing::error!(parent: None, topic = %self.topic, \"a (parenthesis\");
        tracing::debug!(target_name = target, %error)
    ";
    let found = ["by", "dependency", "error", "offset", "role", "run", "target_name", "topic"];
    assert_eq!(fields(text), found.map(str::to_owned).into());
    assert_eq!(
        documented("| `ERROR` | why |\n| field | is |\n| `RUN`, `TOPIC` | x `Y` |"),
        ["ERROR", "RUN", "TOPIC"].map(str::to_owned).into()
    );
}

/// The fields in the macros of a text.
fn fields(text: &str) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for name in MACROS {
        for (at, start) in text.match_indices(&format!("tracing::{name}!(")) {
            for argument in arguments(&text[at + start.len()..]) {
                let argument = argument.trim();
                if argument.starts_with('"') {
                    break;
                }
                let argument = argument.trim_start_matches(['%', '?']);
                let end = argument.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(argument.len());
                let is_of_the_macro = argument[end..].starts_with(": ");
                if end > 0 && !is_of_the_macro {
                    fields.insert(argument[..end].to_owned());
                }
            }
        }
    }
    fields
}

/// The arguments of a call, of which the parenthesis is already open.
fn arguments(text: &str) -> Vec<String> {
    let (mut arguments, mut depth, mut in_text) = (vec![String::new()], 0, false);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if in_text => {
                characters.next();
            }
            '"' => in_text = !in_text,
            ')' if !in_text && depth == 0 => break,
            '(' | '[' | '{' if !in_text => depth += 1,
            ')' | ']' | '}' if !in_text => depth -= 1,
            ',' if !in_text && depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        arguments.last_mut().unwrap().push(c);
    }
    arguments
}

/// The fields in the first column of the tables.
fn documented(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let names = rows.flat_map(|first| first.split(", "));
    names.map(|name| name.trim_matches(['`', ' ']).to_owned()).collect()
}
