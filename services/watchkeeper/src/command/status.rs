//! `watchkeeper status`: the units of this host.

mod render;

use super::print_line;
use super::process::block_on;
use super::table::{print_json, terminal_width};
use crate::cli::StatusArgs;
use crate::role::FRONT;
use crate::systemd::{NoAnswer, Systemd, Unit};
use anyhow::{anyhow, ensure};
use render::{UnitJson, lines, short};
use watchkeeper_domain::Timestamp;

pub(crate) fn run(args: &StatusArgs) -> anyhow::Result<()> {
    let page = format!("http://127.0.0.1:{}/system", FRONT.http_port);
    let units = match block_on(async { Ok(ask().await) })? {
        Ok(units) => units,
        Err(NoAnswer::NotBooted) => {
            let error = NoAnswer::NotBooted;
            return Err(anyhow!("{error}; the roles of a running `watchkeeper up` are at {page}"));
        }
        Err(error) => return Err(error.into()),
    };
    ensure!(
        !units.is_empty(),
        "no unit of Watchkeeper runs or is enabled on this host. The roles of a running `watchkeeper up` are at {page}. To \
         run it as a unit: systemctl enable --now watchkeeper-up"
    );
    if args.output.json {
        print_json(&units.iter().map(UnitJson::of).collect::<Vec<_>>())?;
    } else {
        for line in lines(&units, Timestamp::now(), terminal_width()) {
            print_line(&line)?;
        }
    }
    let failed: Vec<_> =
        units.iter().filter(|unit| unit.has_failed()).map(|unit| short(&unit.name)).collect();
    ensure!(failed.is_empty(), "{} of {} units failed: {}", failed.len(), units.len(), failed.join(", "));
    Ok(())
}

async fn ask() -> Result<Vec<Unit>, NoAnswer> {
    let mut units = Systemd::connect().await?.units().await?;
    units.retain(Unit::is_of_interest);
    Ok(units)
}
