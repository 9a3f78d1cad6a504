//! The hosts at a glance.

use super::Part;
use super::moment::Moment;
use super::spark::Area;
use crate::format::{Shown, count, cut};
use crate::gather::{History, Hosts, MAX_HOST_SERIES};
use crate::links;
use std::collections::BTreeMap;
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};

/// Maximum number of hosts shown.
const SHOWN_HOSTS: usize = 20;
/// Maximum number of disks of a host shown, the fullest first.
const SHOWN_DISKS: usize = 4;
/// Maximum length of the title of a figure, in characters: mount points can be long.
const SHOWN_TITLE_CHARS: usize = 28;
/// A host that has sent nothing for so long is silent: the collector measures every 15 s.
const SILENT_AFTER: Duration = Duration::from_secs(5 * 60);
/// From here on a disk or memory is marked, and marked as urgent.
const ALMOST_FULL: f64 = 90.0;
const FULL: f64 = 97.0;

pub(super) struct HostsPart {
    pub(super) hosts: Vec<HostPart>,
    /// The names of hosts that are not shown.
    pub(super) others: Vec<(String, String)>,
    pub(super) remarks: Vec<String>,
}

pub(super) struct HostPart {
    pub(super) name: String,
    pub(super) anchor: String,
    /// All its series.
    pub(super) link: String,
    /// Its events.
    pub(super) events: String,
    /// When it sent its last samples, if that is long ago.
    pub(super) silent: Option<Moment>,
    pub(super) meters: Vec<Meter>,
    /// How many disks are not shown: `2 more disks`.
    pub(super) more_disks: Option<String>,
}

/// One figure of a host, with its last hour.
pub(super) struct Meter {
    pub(super) title: String,
    pub(super) link: String,
    pub(super) value: String,
    /// The CSS class of the value.
    pub(super) class: &'static str,
    pub(super) area: Option<Area>,
}

/// The samples of one host, by name.
type OfHost<'a> = BTreeMap<&'a str, Vec<&'a Sample>>;

/// The hosts, and when those that are silent sent their last samples.
pub(super) fn hosts(found: &Hosts, now: Timestamp) -> (Part<HostsPart>, Vec<(String, Timestamp)>) {
    let latest = match &found.latest {
        Ok(latest) => latest,
        Err(reason) => return (Err(reason.clone()), Vec::new()),
    };
    let mut by_host: BTreeMap<&str, OfHost<'_>> = BTreeMap::new();
    for sample in latest {
        let host = sample.series.label("host").unwrap_or("unknown");
        by_host.entry(host).or_default().entry(sample.series.name()).or_default().push(sample);
    }
    let silent: Vec<_> =
        by_host.iter().filter_map(|(host, of)| Some(((*host).to_owned(), silent_since(of, now)?))).collect();
    let none = History::new();
    let history = found.history.as_ref().map_or(&none, |history| &**history);
    let mut remarks = Vec::new();
    if found.more {
        let most = count(MAX_HOST_SERIES);
        remarks.push(format!("There are more hosts: only the first {most} series of each kind are shown."));
    }
    if let Err(reason) = &found.history {
        remarks.push(format!("Last hour not shown: {reason}"));
    }
    let hosts = by_host.iter().take(SHOWN_HOSTS).map(|(host, of)| HostPart::new(host, of, history, now));
    let others = by_host.keys().skip(SHOWN_HOSTS).map(|host| ((*host).to_owned(), links::host(host)));
    let part = HostsPart { hosts: hosts.collect(), others: others.collect(), remarks };
    (Ok(part), silent)
}

fn silent_since(of: &OfHost<'_>, now: Timestamp) -> Option<Timestamp> {
    let last = of.values().flatten().map(|sample| sample.collected_at).max()?;
    (now.since(last) > SILENT_AFTER).then_some(last)
}

impl HostPart {
    fn new(name: &str, of: &OfHost<'_>, history: &History, now: Timestamp) -> Self {
        let meter = |sample: &Sample, title: &str| Meter::new(sample, title, history, now);
        let all = |name| of.get(name).map(Vec::as_slice).unwrap_or_default();
        let cpu = all("cpu_usage").first().map(|sample| meter(sample, "CPU"));
        let memory = all("memory_used_percent").first().map(|sample| meter(sample, "Memory"));
        let mut disks = all("disk_used_percent").to_vec();
        disks.sort_by(|one, other| other.value.total_cmp(&one.value));
        let more_disks = disks.len().saturating_sub(SHOWN_DISKS);
        let disk = |sample: &&Sample| meter(sample, &format!("Disk {}", label(sample, "mount")));
        let shown_disks: Vec<_> = disks.iter().take(SHOWN_DISKS).map(disk).collect();
        let interface = busiest(of);
        let traffic = |(name, way): (&'static str, &str)| {
            let sample = all(name).iter().find(|sample| sample.series.label("interface") == interface)?;
            Some(meter(sample, &format!("{} {way}", interface.unwrap_or("Network"))))
        };
        let network = [("network_received_rate", "in"), ("network_transmitted_rate", "out")];
        let network = network.into_iter().filter_map(traffic);
        Self {
            name: name.to_owned(),
            anchor: links::host_anchor(name),
            link: links::host(name),
            events: links::events_of_host(name),
            silent: silent_since(of, now).map(|at| Moment::ago(at, now)),
            meters: cpu.into_iter().chain(memory).chain(network).chain(shown_disks).collect(),
            more_disks: match more_disks {
                0 => None,
                1 => Some("1 more disk".to_owned()),
                more => Some(format!("{} more disks", count(more))),
            },
        }
    }
}

/// The interface with the most traffic: bridges and tunnels carry a part of it once more.
fn busiest<'a>(of: &OfHost<'a>) -> Option<&'a str> {
    let mut traffic: BTreeMap<&str, f64> = BTreeMap::new();
    for name in ["network_received_rate", "network_transmitted_rate"] {
        for sample in of.get(name).into_iter().flatten() {
            *traffic.entry(sample.series.label("interface")?).or_default() += sample.value;
        }
    }
    traffic.into_iter().max_by(|one, other| one.1.total_cmp(&other.1)).map(|(interface, _)| interface)
}

fn label(sample: &Sample, name: &str) -> String {
    sample.series.label(name).unwrap_or_default().to_owned()
}

impl Meter {
    fn new(sample: &Sample, title: &str, history: &History, now: Timestamp) -> Self {
        let (series, value) = (&sample.series, sample.value);
        // A busy CPU is doing its work.
        let can_be_full = matches!(series.name(), "memory_used_percent" | "disk_used_percent");
        let class = match value {
            value if can_be_full && value >= FULL => "degraded",
            value if can_be_full && value >= ALMOST_FULL => "waiting",
            _ => "",
        };
        let points = history.get(series).map(Vec::as_slice).unwrap_or_default();
        Self {
            title: cut(title, SHOWN_TITLE_CHARS),
            link: links::series(series),
            value: Shown::new(value, series.unit()).text,
            class,
            area: Area::new(points, series.unit(), now),
        }
    }
}
