//! The series that the sources give: documentation, and what rules of examples are checked against.

/// A series that a source gives, or one for each value of its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownSeries {
    /// Its source.
    pub source: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
}

const HOST: &str = "host";

const fn host(name: &'static str, unit: &'static str, labels: &'static [&'static str]) -> KnownSeries {
    KnownSeries { source: HOST, name, unit, labels }
}

const OF_HOST: &[&str] = &["host"];
const OF_FILE_SYSTEM: &[&str] = &["filesystem", "host", "mount"];
const OF_DEVICE: &[&str] = &["device", "host"];
const OF_INTERFACE: &[&str] = &["host", "interface"];
const OF_ARRAY: &[&str] = &["array", "host"];
const OF_PROCESS: &[&str] = &["host", "process"];
const OF_CGROUP: &[&str] = &["cgroup", "host"];

/// Every series of every source but `scrape`, whose series are those of the scraped endpoints. Not every host has all
/// of them.
pub const KNOWN_SERIES: &[KnownSeries] = &[
    host("cpu_usage", "percent", OF_HOST),
    host("cpu_user_percent", "percent", OF_HOST),
    host("cpu_system_percent", "percent", OF_HOST),
    host("cpu_iowait_percent", "percent", OF_HOST),
    host("cpu_steal_percent", "percent", OF_HOST),
    host("cpu_count", "", OF_HOST),
    host("load_average_1m", "", OF_HOST),
    host("load_average_5m", "", OF_HOST),
    host("load_average_15m", "", OF_HOST),
    host("load_per_cpu", "", OF_HOST),
    host("uptime", "seconds", OF_HOST),
    host("open_files", "", OF_HOST),
    host("open_files_used_percent", "percent", OF_HOST),
    host("memory_total", "bytes", OF_HOST),
    host("memory_used", "bytes", OF_HOST),
    host("memory_available", "bytes", OF_HOST),
    host("memory_used_percent", "percent", OF_HOST),
    host("swap_total", "bytes", OF_HOST),
    host("swap_used", "bytes", OF_HOST),
    host("swap_used_percent", "percent", OF_HOST),
    host("swap_in_rate", "bytes/s", OF_HOST),
    host("swap_out_rate", "bytes/s", OF_HOST),
    host("oom_kills", "", OF_HOST),
    host("disk_total", "bytes", OF_FILE_SYSTEM),
    host("disk_available", "bytes", OF_FILE_SYSTEM),
    host("disk_used_percent", "percent", OF_FILE_SYSTEM),
    host("inodes_used_percent", "percent", OF_FILE_SYSTEM),
    host("disk_read_only", "", OF_FILE_SYSTEM),
    host("disk_read", "bytes", OF_FILE_SYSTEM),
    host("disk_written", "bytes", OF_FILE_SYSTEM),
    host("disk_read_rate", "bytes/s", OF_DEVICE),
    host("disk_written_rate", "bytes/s", OF_DEVICE),
    host("disk_reads_rate", "operations/s", OF_DEVICE),
    host("disk_writes_rate", "operations/s", OF_DEVICE),
    host("disk_busy_percent", "percent", OF_DEVICE),
    host("filesystem_errors", "", &["device", "filesystem", "host"]),
    host("network_received", "bytes", OF_INTERFACE),
    host("network_transmitted", "bytes", OF_INTERFACE),
    host("network_received_rate", "bytes/s", OF_INTERFACE),
    host("network_transmitted_rate", "bytes/s", OF_INTERFACE),
    host("network_received_packets_rate", "packets/s", OF_INTERFACE),
    host("network_transmitted_packets_rate", "packets/s", OF_INTERFACE),
    host("network_errors_rate", "packets/s", OF_INTERFACE),
    host("network_dropped_rate", "packets/s", OF_INTERFACE),
    host("network_up", "", OF_INTERFACE),
    host("temperature", "°C", &["chip", "device", "host", "sensor"]),
    host("temperature_below_critical", "°C", &["chip", "device", "host", "sensor"]),
    host("units_failed", "", OF_HOST),
    host("unit_failed", "", &["host", "unit"]),
    host("raid_degraded", "", OF_ARRAY),
    host("raid_sync_percent", "percent", OF_ARRAY),
    host("pool_degraded", "", &["host", "pool"]),
    host("smart_failing", "", OF_DEVICE),
    host("smart_used_percent", "percent", OF_DEVICE),
    host("smart_bad_sectors", "", OF_DEVICE),
    host("clock_synchronised", "", OF_HOST),
    host("clock_offset", "seconds", OF_HOST),
    host("clock_max_error", "seconds", OF_HOST),
    host("process_count", "", OF_PROCESS),
    host("process_cpu_percent", "percent", OF_PROCESS),
    host("process_memory", "bytes", OF_PROCESS),
    host("cgroup_cpu_percent", "percent", OF_CGROUP),
    host("cgroup_memory", "bytes", OF_CGROUP),
    host("cgroup_memory_used_percent", "percent", OF_CGROUP),
    host("cgroup_read_rate", "bytes/s", OF_CGROUP),
    host("cgroup_written_rate", "bytes/s", OF_CGROUP),
    host("cgroup_oom_kills", "", OF_CGROUP),
    KnownSeries { source: "uptime", name: "availability_percent", unit: "percent", labels: &["target"] },
    KnownSeries { source: "uptime", name: "latency_seconds", unit: "seconds", labels: &["target"] },
    KnownSeries { source: "uptime", name: "http_status", unit: "", labels: &["target"] },
    KnownSeries { source: "uptime", name: "certificate_expires_in_days", unit: "days", labels: &["target"] },
    KnownSeries { source: "uptime", name: "domain_expires_in_days", unit: "days", labels: &["target"] },
    KnownSeries { source: "uptime", name: "packet_loss_percent", unit: "percent", labels: &["target"] },
    KnownSeries { source: "uptime", name: "can_probe", unit: "", labels: &["host", "kind"] },
    KnownSeries { source: "github", name: "stargazers_count", unit: "stars", labels: &["repository"] },
    KnownSeries { source: "github", name: "forks_count", unit: "forks", labels: &["repository"] },
    KnownSeries { source: "github", name: "open_issues_count", unit: "issues", labels: &["repository"] },
    KnownSeries { source: "github", name: "subscribers_count", unit: "watchers", labels: &["repository"] },
    KnownSeries { source: "openweather", name: "temperature", unit: "°C", labels: &["city"] },
    KnownSeries { source: "openweather", name: "humidity", unit: "percent", labels: &["city"] },
    KnownSeries { source: "openweather", name: "pressure", unit: "hPa", labels: &["city"] },
    KnownSeries { source: "openweather", name: "wind_speed", unit: "m/s", labels: &["city"] },
    KnownSeries { source: "moex", name: "last_price", unit: "RUB", labels: &["ticker"] },
    // Of the persister, which checks the clock of its host.
    KnownSeries { source: "watchkeeper", name: "clock_disagreement", unit: "seconds", labels: &["role"] },
];
