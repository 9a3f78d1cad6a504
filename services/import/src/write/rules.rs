//! The rules of an import: which receivers are notified when a target is down, or its certificate expires.

use super::{CERTIFICATE_DAYS, NOTIFY, joined, most_common};
use crate::model::Site;
use crate::names::Names;
use crate::value::Toml;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Most receivers in a label: a value has at most 256 bytes.
const MAX_NAMED: usize = 8;

/// The rules, as text. Targets that notify others than most do get a label by which a rule of their own finds them.
pub(super) fn write(sites: &mut [Site], has_receivers: bool) -> String {
    let most = most_common(sites.iter().map(|site| site.receivers.clone())).unwrap_or_default();
    let mut by_receivers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut certificates: BTreeSet<(u64, String)> = BTreeSet::new();
    for site in sites.iter_mut() {
        let value =
            if site.receivers == most { String::new() } else { value_of(&site.receivers, &by_receivers) };
        by_receivers.insert(value.clone(), site.receivers.clone());
        if let Some(days) = site.certificate_days {
            site.labels.insert(CERTIFICATE_DAYS.to_owned(), days.to_string());
            certificates.insert((days, value.clone()));
        }
        if !value.is_empty() {
            site.labels.insert(NOTIFY.to_owned(), value);
        }
    }
    let is_divided = by_receivers.len() > 1;
    let (mut text, mut names) = (String::new(), Names::default());
    for (value, receivers) in &by_receivers {
        let mut matchers = vec![r#"source="uptime""#.to_owned(), r#"name="availability_percent""#.to_owned()];
        matchers.extend(is_divided.then(|| format!("{NOTIFY}=\"{value}\"")));
        let head = Rule { name: "site_down", severity: "critical", matchers, has_receivers, receivers };
        head.write(
            &mut text,
            &names.unique(&name_of(head.name, value)),
            "below = 50",
            "{{ labels.target }} is down.",
        );
    }
    for (days, value) in &certificates {
        let mut matchers = vec![
            r#"source="uptime""#.to_owned(),
            r#"name="certificate_expires_in_days""#.to_owned(),
            format!("{CERTIFICATE_DAYS}=\"{days}\""),
        ];
        matchers.extend(is_divided.then(|| format!("{NOTIFY}=\"{value}\"")));
        let receivers = &by_receivers[value];
        let rule =
            Rule { name: "certificate_expiring", severity: "warning", matchers, has_receivers, receivers };
        // The first one replaces the default rule.
        let is_first = certificates.first().is_some_and(|first| first == &(*days, value.clone()));
        let suffix = if is_first { String::new() } else { format!("{days}d+{value}") };
        let threshold = format!("below = {days}");
        rule.write(
            &mut text,
            &names.unique(&name_of(rule.name, &suffix)),
            &threshold,
            "Renew the certificate of {{ labels.target }}.",
        );
    }
    text
}

/// The value of the label for a set of receivers.
fn value_of(receivers: &BTreeSet<String>, known: &BTreeMap<String, BTreeSet<String>>) -> String {
    let same = known.iter().find(|(value, others)| *others == receivers && !value.is_empty());
    match same {
        Some((value, _)) => value.clone(),
        None if receivers.len() <= MAX_NAMED => joined(receivers),
        None => format!("set-{}", known.len()),
    }
}

struct Rule<'r> {
    name: &'r str,
    severity: &'r str,
    matchers: Vec<String>,
    has_receivers: bool,
    receivers: &'r BTreeSet<String>,
}

impl Rule<'_> {
    fn write(&self, text: &mut String, name: &str, threshold: &str, summary: &str) {
        let Self { severity, matchers, has_receivers, receivers, .. } = self;
        let _ = writeln!(text, "\n[[rule]]\nname = {}\nseverity = {severity:?}", Toml::text(name));
        let _ = writeln!(text, "match = {}", literals(matchers));
        let _ = writeln!(text, "threshold = {{ {threshold} }}\ngroup_by = [\"rule\", \"target\"]");
        if *has_receivers {
            let _ = writeln!(text, "receivers = {}", Toml::list(*receivers));
        }
        let _ = writeln!(text, "summary = {}", Toml::text(summary));
    }
}

/// Longest name of a rule, in bytes, without the number of one whose name is taken.
const MAX_RULE_NAME_BYTES: usize = 60;

/// The name of a rule for targets with a label of this value.
fn name_of(name: &str, value: &str) -> String {
    let value: String = value.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let mut name = format!("{name}_{value}");
    name.truncate(MAX_RULE_NAME_BYTES);
    name.trim_end_matches('_').to_owned()
}

/// A list of matchers, which have no single quotes.
fn literals(matchers: &[String]) -> String {
    let quoted: Vec<String> = matchers.iter().map(|matcher| format!("'{matcher}'")).collect();
    format!("[{}]", quoted.join(", "))
}
