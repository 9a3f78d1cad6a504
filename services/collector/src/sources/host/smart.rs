//! The health that disks report of themselves: S.M.A.R.T., by `smartctl` of smartmontools.

use super::command;
use super::config::HostConfig;
use super::part::Part;
use crate::readings::Readings;
use crate::target::{CollectError, Timing};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};

/// Most disks per collection; the rest is skipped.
pub const MAX_SMART_DISKS: usize = 64;

/// The shortest interval: the values change by the day, and each collection asks every disk.
const EVERY_AT_LEAST: Duration = Duration::from_secs(30 * 60);
/// How long one disk may take.
const DISK_WITHIN: Duration = Duration::from_secs(3);
/// How long all disks together may take; those that remain are skipped.
const ALL_WITHIN: Duration = Duration::from_secs(10);
/// Sectors that were replaced, or cannot be read: reallocated, pending, uncorrectable.
const BAD_SECTORS: [u64; 3] = [5, 197, 198];

/// `smart_*`, with the label `device`. Hosts without smartctl have none, and neither have disks that this process may
/// not ask, that have no S.M.A.R.T., or that sleep: these are not woken.
pub(super) struct Smart {
    /// Runs smartctl; `None` if it is not installed.
    smartctl: Option<Box<Smartctl>>,
}

/// The output for these arguments. The exit status has bits for findings, which the output has too.
type Smartctl = dyn Fn(&[&str]) -> Result<Vec<u8>, CollectError> + Send;

impl Part for Smart {
    const NAME: &'static str = "host/smart";

    fn open(_: &HostConfig) -> Result<Self, CollectError> {
        let smartctl = command::find("smartctl").map(|tool| -> Box<Smartctl> {
            Box::new(move |arguments| Ok(command::run(&tool, arguments, DISK_WITHIN)?.stdout))
        });
        Ok(Self { smartctl })
    }

    fn timing(config: &HostConfig) -> Timing {
        let timing = config.timing.at_least_every(EVERY_AT_LEAST);
        Timing::new(timing.interval(), timing.jitter(), Timing::MAX_TIMEOUT)
    }

    fn read(&mut self, readings: &mut Readings, now: Instant) -> Result<(), CollectError> {
        let Some(smartctl) = &self.smartctl else { return Ok(()) };
        let scan = smartctl(&["--scan", "--json=c"])?;
        for disk in parse::<Scan>(&scan).devices.iter().take(MAX_SMART_DISKS) {
            if now.elapsed() >= ALL_WITHIN {
                tracing::debug!("skipped the remaining disks: smartctl is slow");
                break;
            }
            if let Some(health) = health_of(smartctl, disk) {
                health.tell(disk, readings);
            }
        }
        Ok(())
    }
}

/// `None` if it does not answer in time.
fn health_of(smartctl: &Smartctl, disk: &Disk) -> Option<Health> {
    let arguments =
        ["--json=c", "--nocheck=standby", "--health", "--attributes", "--device", &disk.kind, &disk.name];
    Some(parse(&smartctl(&arguments).ok()?))
}

/// The answer, or an empty one.
fn parse<T: DeserializeOwned + Default>(json: &[u8]) -> T {
    serde_json::from_slice(json).unwrap_or_default()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scan {
    devices: Vec<Disk>,
}

#[derive(Debug, Deserialize)]
struct Disk {
    /// `/dev/sda`
    name: String,
    /// `sat`, `nvme`, `scsi`
    #[serde(rename = "type")]
    kind: String,
}

impl Disk {
    /// `sda`; or `bus/0 megaraid,1` behind a RAID controller, whose disks share the name.
    fn label(&self) -> String {
        let name = self.name.strip_prefix("/dev/").unwrap_or(&self.name);
        if self.kind.contains(',') { format!("{name} {}", self.kind) } else { name.to_owned() }
    }
}

/// What all kinds of disks answer, each in its own words; a disk lacks those of the others.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Health {
    smart_status: Option<Status>,
    ata_smart_attributes: Option<Attributes>,
    nvme_smart_health_information_log: Option<NvmeLog>,
    endurance_used: Option<Endurance>,
    scsi_grown_defect_list: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Status {
    passed: bool,
}

#[derive(Debug, Deserialize)]
struct Attributes {
    table: Vec<Attribute>,
}

#[derive(Debug, Deserialize)]
struct Attribute {
    id: u64,
    raw: Raw,
}

#[derive(Debug, Deserialize)]
struct Raw {
    value: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NvmeLog {
    percentage_used: Option<u64>,
    media_errors: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Endurance {
    current_percent: u64,
}

impl Health {
    fn tell(&self, disk: &Disk, readings: &mut Readings) {
        let device = disk.label();
        let labels = [("device", device.as_str())];
        if let Some(status) = &self.smart_status {
            readings.add_count("smart_failing", "", &labels, (!status.passed).into());
        }
        if let Some(used) = self.used_percent() {
            readings.add_count("smart_used_percent", "percent", &labels, used);
        }
        if let Some(bad) = self.bad_sectors() {
            readings.add_count("smart_bad_sectors", "", &labels, bad);
        }
    }

    /// How much of its guaranteed life a solid-state disk has used; may be over 100.
    fn used_percent(&self) -> Option<u64> {
        let of_nvme = self.nvme_smart_health_information_log.as_ref().and_then(|log| log.percentage_used);
        of_nvme.or_else(|| Some(self.endurance_used.as_ref()?.current_percent))
    }

    fn bad_sectors(&self) -> Option<u64> {
        let of_ata = |Attributes { table }: &Attributes| {
            let bad = table.iter().filter(|attribute| BAD_SECTORS.contains(&attribute.id));
            bad.map(|attribute| attribute.raw.value).reduce(u64::saturating_add)
        };
        let of_nvme = |log: &NvmeLog| log.media_errors;
        let ata = self.ata_smart_attributes.as_ref().and_then(of_ata);
        ata.or_else(|| self.nvme_smart_health_information_log.as_ref().and_then(of_nvme))
            .or(self.scsi_grown_defect_list)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::fixture::told;
    use super::*;
    use watchkeeper_domain::Timestamp;

    fn health(name: &str, json: &str) -> Vec<String> {
        let disk = Disk { name: name.to_owned(), kind: "sat".to_owned() };
        told(|readings| parse::<Health>(json.as_bytes()).tell(&disk, readings))
    }

    const NVME: &str = r#"{"smart_status":{"passed":true,"nvme":{"value":0}},
        "nvme_smart_health_information_log":{"critical_warning":0,"percentage_used":3,"media_errors":0}}"#;

    pub(in super::super) fn tell_everything(readings: &mut Readings) {
        let disk = Disk { name: "/dev/nvme0".to_owned(), kind: "nvme".to_owned() };
        parse::<Health>(NVME.as_bytes()).tell(&disk, readings);
    }

    #[test]
    fn a_sata_disk_has_its_bad_sectors_added_up() {
        let json = r#"{"smartctl":{"exit_status":8},"smart_status":{"passed":false},
            "ata_smart_attributes":{"table":[
                {"id":5,"name":"Reallocated_Sector_Ct","value":98,"raw":{"value":24,"string":"24"}},
                {"id":194,"name":"Temperature_Celsius","value":67,"raw":{"value":33,"string":"33"}},
                {"id":197,"name":"Current_Pending_Sector","value":100,"raw":{"value":2,"string":"2"}}]}}"#;
        assert_eq!(
            health("/dev/sda", json),
            [r#"smart_bad_sectors{device="sda"} 26"#, r#"smart_failing{device="sda"} 1"#]
        );
    }

    #[test]
    fn a_disk_of_nvme_has_its_wear() {
        assert_eq!(
            health("/dev/nvme0", NVME),
            [
                r#"smart_bad_sectors{device="nvme0"} 0"#,
                r#"smart_failing{device="nvme0"} 0"#,
                r#"smart_used_percent{device="nvme0"} 3 percent"#
            ]
        );
    }

    #[test]
    fn disks_behind_a_controller_are_told_apart() {
        let disk = |kind: &str| Disk { name: "/dev/bus/0".to_owned(), kind: kind.to_owned() }.label();
        assert_eq!([disk("megaraid,0"), disk("megaraid,1")], ["bus/0 megaraid,0", "bus/0 megaraid,1"]);
    }

    #[test]
    fn a_disk_that_may_not_be_asked_or_sleeps_has_no_series() {
        let denied = r#"{"smartctl":{"messages":[{"string":"Permission denied"}],"exit_status":2}}"#;
        assert_eq!(health("/dev/sda", denied), [""; 0]);
        assert_eq!(health("/dev/sda", "no JSON"), [""; 0]);
    }

    /// A smartctl that lists that many disks, of which the first hangs and the others are well.
    fn disks(count: usize) -> Smart {
        let disk = |n| format!(r#"{{"name":"/dev/sd{n}","type":"sat"}}"#);
        let disks: Vec<String> = (0..count).map(disk).collect();
        let scan = format!(r#"{{"devices":[{}]}}"#, disks.join(","));
        let answer = move |arguments: &[&str]| match arguments {
            ["--scan", ..] => Ok(scan.clone().into_bytes()),
            [.., "/dev/sd0"] => Err(CollectError::TimedOut(DISK_WITHIN)),
            _ => Ok(br#"{"smart_status":{"passed":true}}"#.to_vec()),
        };
        Smart { smartctl: Some(Box::new(answer)) }
    }

    fn read(mut smart: Smart, begun: Instant) -> usize {
        let mut readings = Readings::new("host", Vec::new());
        readings.begin(Timestamp::MAX);
        smart.read(&mut readings, begun).unwrap();
        readings.take().len()
    }

    #[test]
    fn a_disk_that_hangs_costs_only_itself() {
        assert_eq!(read(disks(3), Instant::now()), 2);
    }

    #[test]
    fn there_are_no_more_than_the_limit() {
        assert_eq!(read(disks(MAX_SMART_DISKS + 1), Instant::now()), MAX_SMART_DISKS - 1);
    }

    #[test]
    fn when_the_time_is_up_the_remaining_disks_are_skipped() {
        assert_eq!(read(disks(3), Instant::now().checked_sub(ALL_WITHIN).unwrap()), 0);
    }
}
