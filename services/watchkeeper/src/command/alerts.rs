//! `watchkeeper alerts`.

use super::client::{Client, Parameters};
use super::table::{print_json, print_table, series};
use crate::cli::AlertsArgs;
use watchkeeper_wire::json::{AlertJson, AlertList};

/// Alerts per page.
const PAGE: u32 = 1_000;

pub(crate) fn run(args: &AlertsArgs) -> anyhow::Result<()> {
    let mut parameters = Parameters::selecting(&args.selection);
    parameters.set_some("state", args.state.as_ref());
    parameters.set_some("rule", args.rule.as_ref());
    parameters.set_some("severity", args.severity.as_ref());
    let open = |page: AlertList| (page.alerts, page.next_page);
    let alerts = Client::new(&args.server)?.all_pages("/v1/alerts", parameters, PAGE, open)?;
    if args.output.json {
        return print_json(&alerts);
    }
    let row = |alert: &AlertJson| {
        [
            alert.state.clone(),
            alert.rule.clone(),
            alert.severity.clone(),
            series(&alert.series),
            alert.cleared_at.as_ref().unwrap_or(&alert.fired_at).clone(),
            alert.reason.clone(),
            muted_by(alert),
        ]
    };
    let headings = ["STATE", "RULE", "SEVERITY", "SERIES", "SINCE", "WHY", "MUTED BY"];
    print_table(headings, alerts.iter().map(row).collect(), "No alerts match.")?;
    Ok(())
}

/// The silences and the alert that mute it.
fn muted_by(alert: &AlertJson) -> String {
    let silences = alert.silenced_by.iter().map(|id| format!("silence {id}"));
    let inhibited =
        alert.inhibited_by.iter().map(|by| format!("alert {} for {}", by.rule, series(&by.series)));
    silences.chain(inhibited).collect::<Vec<_>>().join(", ")
}
