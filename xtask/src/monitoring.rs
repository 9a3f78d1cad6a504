//! What the tests of the dashboards need: Prometheus with promtool, a node exporter, and a parser of `LogQL`.

use crate::npm::{self, LISTS};
use crate::provide::{packages, program};

/// The programs that the tests start.
const PROGRAMS: [&str; 3] = ["prometheus", "promtool", "prometheus-node-exporter"];
/// Their Debian packages.
const PACKAGES: [&str; 2] = ["prometheus", "prometheus-node-exporter"];

/// Installs what is missing; see [`packages`].
pub(crate) fn provide() -> anyhow::Result<()> {
    let is_there = || PROGRAMS.into_iter().all(|name| program(name).is_some());
    packages("Prometheus", &PACKAGES, is_there)?;
    let [list, lock] = LISTS;
    npm::fetch("logql", "logql", &[list, lock, "parse.mjs"], "a parser of LogQL")?;
    Ok(())
}
