//! A host for tests: directories in the place of /proc and /sys.

use super::config::HostConfig;
use super::files::Roots;
use super::part::Part;
use crate::readings::Readings;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use watchkeeper_domain::{Sample, Timestamp};

/// From one reading to the next.
const STEP: Duration = Duration::from_secs(10);

pub(super) struct Fixture {
    directory: TempDir,
    config: HostConfig,
}

impl Fixture {
    /// A host with these files: `proc/stat`, `sys/class/net/eth0/operstate`.
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots { proc: directory.path().join("proc"), sys: directory.path().join("sys") };
        let host = Self { directory, config: HostConfig { roots, ..HostConfig::default() } };
        for (path, text) in files {
            host.write(path, text.as_bytes());
        }
        host
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut HostConfig)) -> Self {
        change(&mut self.config);
        self
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The samples of the first collection.
    pub(super) fn read<P: Part>(&self) -> Vec<Sample> {
        self.open::<P>().read()
    }

    pub(super) fn open<P: Part>(&self) -> Open<P> {
        let part = P::open(&self.config).unwrap();
        Open { part, readings: Readings::new("host", Vec::new()), now: Instant::now() }
    }

    /// Why it cannot be opened.
    pub(super) fn refused<P: Part>(&self) -> String {
        P::open(&self.config).err().unwrap().to_string()
    }
}

/// A part that is read every [`STEP`].
pub(super) struct Open<P> {
    part: P,
    readings: Readings,
    now: Instant,
}

impl<P: Part> Open<P> {
    pub(super) fn read(&mut self) -> Vec<Sample> {
        self.readings.begin(Timestamp::MAX);
        self.part.read(&mut self.readings, self.now).unwrap();
        self.now += STEP;
        self.readings.take()
    }

    pub(super) fn error(&mut self) -> String {
        self.readings.begin(Timestamp::MAX);
        self.part.read(&mut self.readings, self.now).unwrap_err().to_string()
    }
}

/// What is told, as [`shown`].
pub(super) fn told(tell: impl FnOnce(&mut Readings)) -> Vec<String> {
    let mut readings = Readings::new("host", Vec::new());
    readings.begin(Timestamp::MAX);
    tell(&mut readings);
    shown(&readings.take())
}

/// Each sample as `name{labels} value unit`, sorted.
pub(super) fn shown(samples: &[Sample]) -> Vec<String> {
    let show = |sample: &Sample| {
        let key = sample.series.key();
        let labels = key.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
        let labels = labels.map_or("", |(labels, _)| labels);
        let line = format!("{}{{{labels}}} {} {}", sample.series.name(), sample.value, sample.series.unit());
        line.trim_end().to_owned()
    };
    let mut lines: Vec<String> = samples.iter().map(show).collect();
    lines.sort_unstable();
    lines
}
