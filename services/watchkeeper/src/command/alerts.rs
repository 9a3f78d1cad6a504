//! `watchkeeper alerts`.

use super::client::{Client, Parameters};
use super::print_line;
use super::silences::user;
use super::table::{print_json, print_table, series, time};
use crate::cli::{AckArgs, AlertsAction, AlertsArgs, ListAlertsArgs};
use watchkeeper_wire::json::{AcknowledgeRequest, AlertJson, AlertList};

/// Alerts per page.
const PAGE: u32 = 1_000;

pub(crate) fn run(args: &AlertsArgs) -> anyhow::Result<()> {
    match &args.action {
        None => list(&args.list),
        Some(AlertsAction::Ack(args)) => acknowledge(args),
    }
}

/// Arguments without an operator are IDs, which are acknowledged one after the other.
fn acknowledge(args: &AckArgs) -> anyhow::Result<()> {
    let base = AcknowledgeRequest {
        id: None,
        matchers: Vec::new(),
        duration: args.duration.clone(),
        by: Some(args.by.clone().unwrap_or_else(user)),
        comment: args.comment.clone().unwrap_or_default(),
    };
    let are_ids = args.which.iter().all(|argument| !argument.contains(['=', '~']));
    let requests: Vec<_> = if are_ids {
        args.which.iter().map(|id| AcknowledgeRequest { id: Some(id.clone()), ..base.clone() }).collect()
    } else {
        vec![AcknowledgeRequest { matchers: args.which.clone(), ..base }]
    };
    let client = Client::new(&args.server)?;
    let mut acknowledged = Vec::new();
    for request in &requests {
        let AlertList { alerts, .. } = client.post("/v1/alerts/acknowledge", request)?;
        if args.output.json {
            acknowledged.extend(alerts);
        } else {
            // At once, so that those before a failure are shown.
            alerts.iter().try_for_each(print_acknowledged)?;
        }
    }
    if args.output.json { print_json(&acknowledged) } else { Ok(()) }
}

fn print_acknowledged(alert: &AlertJson) -> anyhow::Result<()> {
    let until = alert.acknowledged.as_ref().and_then(|ack| ack.until.as_deref());
    let until = until.unwrap_or("it clears");
    print_line(&format!("{} for {} is acknowledged until {until}.", alert.rule, series(&alert.series)))?;
    Ok(())
}

fn list(args: &ListAlertsArgs) -> anyhow::Result<()> {
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
            alert.id.clone(),
            alert.state.clone(),
            alert.rule.clone(),
            alert.severity.clone(),
            series(&alert.series),
            time(alert.cleared_at.as_ref().unwrap_or(&alert.fired_at)),
            alert.reason.clone(),
            kept_quiet_by(alert),
        ]
    };
    let headings = ["ID", "STATE", "RULE", "SEVERITY", "SERIES", "SINCE", "WHY", "ACKNOWLEDGED OR MUTED BY"];
    print_table(headings, alerts.iter().map(row).collect(), "No alerts match.")?;
    Ok(())
}

/// Who has acknowledged it, and the silences and the alert that mute it.
fn kept_quiet_by(alert: &AlertJson) -> String {
    let acknowledged = alert.acknowledged.iter().map(|ack| match ack.comment.as_str() {
        "" => ack.by.clone(),
        comment => format!("{} ({comment})", ack.by),
    });
    let silences = alert.silenced_by.iter().map(|id| format!("silence {id}"));
    let inhibited =
        alert.inhibited_by.iter().map(|by| format!("alert {} for {}", by.rule, series(&by.series)));
    acknowledged.chain(silences).chain(inhibited).collect::<Vec<_>>().join(", ")
}
