//! Temperatures.

use super::config::HostConfig;
use super::files::{Roots, label, names, read, value};
use super::part::Part;
use crate::readings::Readings;
use crate::sources::pattern::Pattern;
use crate::target::CollectError;
use std::fs::read_link;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Instant;

/// Most sensors per collection; the rest is skipped.
pub const MAX_SENSORS: usize = 256;

/// Plausible temperatures, in thousandths of a degree. Sensors that fail, or are not connected, report others, such as
/// -128 or 65,535 degrees.
const PLAUSIBLE: std::ops::RangeInclusive<i64> = -60_000..=200_000;

/// `temperature` and `temperature_below_critical`, with labels `chip`, `device` and `sensor`: of hwmon (kernel:
/// hwmon/sysfs-interface), else of the thermal zones.
pub(super) struct Temperature {
    roots: Roots,
    exclude: Vec<Pattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Sensor {
    /// The driver's name: `coretemp`, `nvme`.
    chip: String,
    /// What the chip is part of: `nvme0`. Chips are numbered anew at each start, devices are not.
    device: Option<String>,
    name: String,
    /// In thousandths of a degree Celsius.
    temperature: i64,
    /// At which the hardware protects itself.
    critical: Option<i64>,
}

impl Part for Temperature {
    const NAME: &'static str = "host/temperature";

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        Ok(Self { roots: config.roots.clone(), exclude: config.exclude_sensors.clone() })
    }

    fn read(&mut self, readings: &mut Readings, _: Instant) -> Result<(), CollectError> {
        let mut sensors = of_hwmon(&self.roots.sys.join("class/hwmon"));
        if sensors.is_empty() {
            sensors = of_zones(&self.roots.sys.join("class/thermal"));
        }
        sensors.retain(|sensor| !self.is_excluded(sensor));
        for sensor in sensors.iter().take(MAX_SENSORS) {
            sensor.tell(readings);
        }
        Ok(())
    }
}

impl Temperature {
    /// By the name of the chip, or `chip/sensor`.
    fn is_excluded(&self, sensor: &Sensor) -> bool {
        let path = format!("{}/{}", sensor.chip, sensor.name);
        self.exclude.iter().any(|pattern| pattern.matches(&sensor.chip) || pattern.matches(&path))
    }
}

impl Sensor {
    fn tell(&self, readings: &mut Readings) {
        let mut labels = vec![("chip", self.chip.as_str()), ("sensor", self.name.as_str())];
        labels.extend(self.device.as_deref().map(|device| ("device", device)));
        readings.add("temperature", "°C", &labels, degrees(self.temperature));
        if let Some(critical) = self.critical {
            let left = degrees(critical.saturating_sub(self.temperature));
            readings.add("temperature_below_critical", "°C", &labels, left);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "plausible temperatures have few digits")]
fn degrees(thousandths: i64) -> f64 {
    thousandths as f64 / 1000.0
}

fn of_hwmon(directory: &Path) -> Vec<Sensor> {
    names(directory).iter().flat_map(|chip| of_chip(&directory.join(chip))).collect()
}

/// The sensors of one chip. One that cannot be read, or says itself that it fails, is left out.
fn of_chip(directory: &Path) -> Vec<Sensor> {
    let Some(chip) = text(&directory.join("name")) else { return Vec::new() };
    let device = read_link(directory.join("device")).ok();
    let device = device.and_then(|link| Some(label(link.file_name()?.as_bytes())));
    let files = names(directory);
    let sensors = files.iter().filter_map(|file| {
        let sensor = file.to_str()?.strip_suffix("_input").filter(|name| name.starts_with("temp"))?;
        let file = |suffix: &str| directory.join(format!("{sensor}_{suffix}"));
        if value::<u8>(&file("fault")).is_some_and(|fault| fault != 0) {
            return None;
        }
        Some(Sensor {
            chip: chip.clone(),
            device: device.clone(),
            name: text(&file("label")).unwrap_or_else(|| sensor.to_owned()),
            temperature: temperature(&file("input"))?,
            critical: temperature(&file("crit")).filter(|&critical| critical > 0),
        })
    });
    sensors.collect()
}

/// Thermal zones have no critical limit of their own: trip points are set by the firmware, often to nonsense.
fn of_zones(directory: &Path) -> Vec<Sensor> {
    let zones = names(directory).into_iter().filter_map(|zone| {
        let name = zone.to_str().filter(|name| name.starts_with("thermal_zone"))?.to_owned();
        let path = directory.join(&zone);
        let temperature = temperature(&path.join("temp"))?;
        Some(Sensor { chip: text(&path.join("type"))?, device: None, name, temperature, critical: None })
    });
    zones.collect()
}

fn temperature(file: &Path) -> Option<i64> {
    value(file).filter(|thousandths| PLAUSIBLE.contains(thousandths))
}

fn text(file: &Path) -> Option<String> {
    Some(label(read(file).ok()?.trim_ascii())).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, shown};
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_sensor_is_named_by_chip_device_and_label() {
        let host = Fixture::new(&[
            ("sys/class/hwmon/hwmon3/name", "nvme\n"),
            ("sys/class/hwmon/hwmon3/temp1_input", "41850\n"),
            ("sys/class/hwmon/hwmon3/temp1_label", "Composite\n"),
            ("sys/class/hwmon/hwmon3/temp1_crit", "84850\n"),
            ("sys/class/hwmon/hwmon3/temp2_input", "-3000\n"),
            ("sys/class/thermal/thermal_zone0/type", "acpitz\n"),
            ("sys/class/thermal/thermal_zone0/temp", "20000\n"),
        ]);
        symlink("../../nvme0", host.path().join("sys/class/hwmon/hwmon3/device")).unwrap();
        assert_eq!(
            shown(&host.read::<Temperature>()),
            [
                r#"temperature_below_critical{chip="nvme",device="nvme0",sensor="Composite"} 43 °C"#,
                r#"temperature{chip="nvme",device="nvme0",sensor="Composite"} 41.85 °C"#,
                r#"temperature{chip="nvme",device="nvme0",sensor="temp2"} -3 °C"#
            ]
        );
    }

    #[test]
    fn a_sensor_that_fails_costs_only_itself() {
        let host = Fixture::new(&[
            ("sys/class/hwmon/hwmon0/name", "it8728\n"),
            ("sys/class/hwmon/hwmon0/temp1_input", "30000\n"),
            ("sys/class/hwmon/hwmon0/temp1_crit", "65261850\n"),
            ("sys/class/hwmon/hwmon0/temp2_input", "-128000\n"),
            ("sys/class/hwmon/hwmon0/temp3_input", "x\u{fffd}\n"),
            ("sys/class/hwmon/hwmon0/temp4_input", "30000\n"),
            ("sys/class/hwmon/hwmon0/temp4_fault", "1\n"),
            ("sys/class/hwmon/hwmon1/temp1_input", "30000\n"),
        ]);
        // Reading it fails, as with a sensor whose driver reports an error.
        std::fs::create_dir(host.path().join("sys/class/hwmon/hwmon0/temp5_input")).unwrap();
        assert_eq!(
            shown(&host.read::<Temperature>()),
            [r#"temperature{chip="it8728",sensor="temp1"} 30 °C"#]
        );
    }

    #[test]
    fn without_chips_thermal_zones_are_read() {
        let host = Fixture::new(&[
            ("sys/class/thermal/cooling_device0/type", "fan\n"),
            ("sys/class/thermal/thermal_zone1/type", "cpu-thermal\n"),
            ("sys/class/thermal/thermal_zone1/temp", "55123\n"),
        ]);
        let expected = r#"temperature{chip="cpu-thermal",sensor="thermal_zone1"} 55.123 °C"#;
        assert_eq!(shown(&host.read::<Temperature>()), [expected]);
    }

    #[test]
    fn sensors_are_excluded_by_chip_or_by_name() {
        let host = Fixture::new(&[
            ("sys/class/hwmon/hwmon0/name", "a\n"),
            ("sys/class/hwmon/hwmon0/temp1_input", "1000\n"),
            ("sys/class/hwmon/hwmon1/name", "b\n"),
            ("sys/class/hwmon/hwmon1/temp1_input", "1000\n"),
            ("sys/class/hwmon/hwmon1/temp2_input", "1000\n"),
        ]);
        let exclude = ["a", "b/temp1"].map(|pattern| pattern.parse().unwrap());
        let host = host.with(|config| config.exclude_sensors = exclude.into());
        assert_eq!(shown(&host.read::<Temperature>()), [r#"temperature{chip="b",sensor="temp2"} 1 °C"#]);
    }

    #[test]
    fn there_are_no_more_than_the_limit() {
        let host = Fixture::new(&[("sys/class/hwmon/hwmon0/name", "a\n")]);
        for n in 0..=MAX_SENSORS {
            host.write(&format!("sys/class/hwmon/hwmon0/temp{n}_input"), b"1000\n");
        }
        assert_eq!(host.read::<Temperature>().len(), MAX_SENSORS);
    }
}
