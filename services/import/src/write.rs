//! The configuration file of an import.

use crate::Imported;
use crate::model::{Heartbeat, Import, MailServer, Receiver, Site, Window};
use crate::names::{self, Names};
use crate::text::line;
use crate::value::{self, Toml, key};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

mod rules;

/// The label of targets that do not notify the receivers that most of them do.
pub(super) const NOTIFY: &str = "notify";
/// The label of targets with an alert about their certificate: for how many days before it expires.
pub(super) const CERTIFICATE_DAYS: &str = "certificate_days";

/// Renders the file.
pub(crate) fn write(mut import: Import) -> Imported {
    let rules = rules::write(&mut import.sites, !import.receivers.is_empty());
    let mut text = head(&import);
    targets(&mut text, &import.sites);
    text.push_str(&rules);
    let mut jobs = Names::default();
    for heartbeat in &import.heartbeats {
        write_heartbeat(&mut text, heartbeat, &mut jobs, !import.receivers.is_empty());
    }
    if let Some(server) = &import.mail_server {
        mail_server(&mut text, server);
    }
    for receiver in &import.receivers {
        write_receiver(&mut text, receiver);
    }
    for window in &import.windows {
        write_window(&mut text, window);
    }
    Imported {
        warnings: warnings(&import),
        taken: import.sites.len() + import.heartbeats.len(),
        refused: import.refused.len(),
        secret_files: import.secrets.files.into_iter().map(|(file, _)| file).collect(),
        toml: text,
    }
}

fn head(import: &Import) -> String {
    let Import { tool, sites, refused, notes, secrets, .. } = import;
    let mut text = format!("# Imported from {tool}: {} targets.\n", sites.len());
    if !refused.is_empty() {
        let _ = writeln!(text, "# Not taken:");
        for (name, reason) in refused {
            let _ = writeln!(text, "#   {}: {}", line(name), line(reason));
        }
    }
    for note in notes {
        let _ = writeln!(text, "# {}", line(note));
    }
    if !secrets.files.is_empty() {
        text.push_str(
            "# Secrets are not in this file. Write each to its own file beside this one, which other users must not be\n\
             # able to read (chmod o-r):\n",
        );
        for (file, about) in &secrets.files {
            let _ = writeln!(text, "#   {file}: {}", line(about));
        }
    }
    text
}

/// One section for the targets without a group, then one for each group.
fn targets(text: &mut String, sites: &[Site]) {
    let Some(interval) = most_common(sites.iter().map(|site| site.interval_ms)) else { return };
    let _ = writeln!(text, "\n[collector.uptime_defaults]\ninterval = {:?}", value::duration(interval));
    let mut groups: BTreeMap<Option<&str>, Vec<&Site>> = BTreeMap::new();
    for site in sites {
        groups.entry(site.group.as_deref()).or_default().push(site);
    }
    for (group, sites) in groups {
        text.push_str("\n[[collector.uptime]]\n");
        if let Some(group) = group {
            let _ = writeln!(text, "group = {}", Toml::text(group));
        }
        let shared = shared(&sites, interval);
        for (name, value) in &shared {
            let _ = writeln!(text, "{name} = {value}");
        }
        text.push_str("[collector.uptime.targets]\n");
        let mut names = Names::default();
        for site in sites {
            for note in &site.notes {
                let _ = writeln!(text, "# {}: {}", line(&site.name), line(note));
            }
            let _ =
                writeln!(text, "{} = {}", key(&names.unique(&site.name)), target(site, interval, &shared));
        }
    }
}

/// The keys that all targets of a group have with the same value; some are only for targets with a URL of HTTP.
fn shared(sites: &[&Site], interval: u64) -> Vec<(&'static str, Toml)> {
    const OF_ALL: [&str; 4] = ["interval", "timeout", "failures", "successes"];
    const OF_URLS: [&str; 2] = ["expect_status", "max_redirects"];
    let keys = OF_ALL.map(|key| (key, false)).into_iter().chain(OF_URLS.map(|key| (key, true)));
    let same = keys.filter_map(|(key, is_of_urls)| {
        let of = sites.iter().filter(|site| !is_of_urls || site.probe.1.starts_with("http"));
        let values: Vec<Option<Toml>> = of.map(|site| value_of(site, key, interval)).collect();
        let first = values.first()?.clone()?;
        (values.len() > 1 && values.iter().all(|value| value.as_ref() == Some(&first)))
            .then_some((key, first))
    });
    same.collect()
}

fn value_of(site: &Site, key: &str, interval: u64) -> Option<Toml> {
    keys_of(site, interval).into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}

fn keys_of(site: &Site, interval: u64) -> Vec<(&'static str, Toml)> {
    let own_interval = site.interval_ms != interval;
    let own = own_interval.then(|| ("interval", Toml::text(&value::duration(site.interval_ms))));
    own.into_iter().chain(site.keys.iter().cloned()).collect()
}

/// One text if it is nothing but a URL.
fn target(site: &Site, interval: u64, shared: &[(&'static str, Toml)]) -> Toml {
    let (probe, at) = &site.probe;
    let mut entries = vec![(*probe, Toml::text(at))];
    entries.extend(keys_of(site, interval).into_iter().filter(|entry| !shared.contains(entry)));
    if !site.labels.is_empty() {
        entries
            .push(("labels", Toml::table(site.labels.iter().map(|(name, value)| (name, Toml::text(value))))));
    }
    match (&entries[..], *probe) {
        ([_], "url") => Toml::text(at),
        ([_], scheme) => Toml::text(&format!("{scheme}://{at}")),
        _ => Toml::table(entries),
    }
}

/// The most common of these values; of equally common ones the first.
pub(super) fn most_common<T: Clone + Eq>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for value in values {
        match counts.iter_mut().find(|(counted, _)| *counted == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(value, _)| value)
}

fn mail_server(text: &mut String, server: &MailServer) {
    let MailServer { url, username, password_file, from } = server;
    let _ = writeln!(text, "\n[backends]\nmail = {}", Toml::text(url));
    if let (Some(username), Some(file)) = (username, password_file) {
        let (username, file) = (Toml::text(username), Toml::text(file));
        let _ = writeln!(text, "\n[backends.smtp]\nusername = {username}\npassword_file = {file}");
    }
    if let Some(from) = from {
        let _ = writeln!(text, "\n[notifier.mail]\nfrom = {}", Toml::text(from));
    }
}

fn write_receiver(text: &mut String, receiver: &Receiver) {
    let Receiver { name, channel: (channel, options), notes } = receiver;
    text.push('\n');
    for note in notes {
        let _ = writeln!(text, "# {}", line(note));
    }
    let _ = writeln!(text, "[[notifier.receiver]]\nname = {}\n{channel} = {options}", Toml::text(name));
}

fn write_heartbeat(text: &mut String, heartbeat: &Heartbeat, jobs: &mut Names, has_receivers: bool) {
    let Heartbeat { name, every_ms, called_before, receivers, notes } = heartbeat;
    let job = jobs.unique(&names::word(name));
    let _ = writeln!(
        text,
        "\n# {}: let the job call /v1/heartbeats/{job} instead of {}.",
        line(name),
        line(called_before)
    );
    for note in notes {
        let _ = writeln!(text, "# {}", line(note));
    }
    let _ = writeln!(text, "[[heartbeat]]\nname = {}", Toml::text(&job));
    let _ = writeln!(text, "every = {}", Toml::text(&value::duration(*every_ms)));
    let _ = writeln!(text, "grace = {}", Toml::text(&value::duration(heartbeat.grace_ms())));
    if has_receivers {
        let _ = writeln!(text, "receivers = {}", Toml::list(receivers));
    }
}

fn write_window(text: &mut String, window: &Window) {
    let Window { name, days, start, minutes, time_zone, .. } = window;
    let _ = writeln!(text, "\n[[notifier.maintenance]]\nname = {}", Toml::text(name));
    if !days.is_empty() {
        let _ = writeln!(text, "days = {}", Toml::list(days));
    }
    let duration = value::duration(minutes * 60_000);
    let _ = writeln!(text, "start = {}\nduration = {}", Toml::text(start), Toml::text(&duration));
    if let Some(zone) = time_zone {
        let _ = writeln!(text, "time_zone = {}", Toml::text(zone));
    }
    let mut matchers = vec![r#"source="uptime""#.to_owned()];
    if !window.targets.is_empty() {
        let names: Vec<String> = window.targets.iter().map(|name| crate::text::literal(name)).collect();
        matchers.push(format!("target=~{}", value::quoted(&names.join("|"))));
    }
    let _ = writeln!(text, "match = {}", Toml::list(matchers));
}

fn warnings(import: &Import) -> Vec<String> {
    let refused = import.refused.iter().map(|(name, reason)| format!("{name}: not taken: {reason}"));
    let of_sites = import.sites.iter().flat_map(|site| site.notes.iter().map(move |note| (&site.name, note)));
    let of_receivers = import
        .receivers
        .iter()
        .flat_map(|receiver| receiver.notes.iter().map(move |note| (&receiver.name, note)));
    let of_heartbeats =
        import.heartbeats.iter().flat_map(|job| job.notes.iter().map(move |note| (&job.name, note)));
    let about =
        of_sites.chain(of_heartbeats).chain(of_receivers).map(|(name, note)| format!("{name}: {note}"));
    refused.chain(about).chain(import.notes.iter().cloned()).map(|warning| line(&warning)).collect()
}

/// The names of a set of receivers as one value of a label.
fn joined(receivers: &BTreeSet<String>) -> String {
    let names: Vec<&str> = receivers.iter().map(String::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join("+") }
}
