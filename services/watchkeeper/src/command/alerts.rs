//! `watchkeeper alerts`.

use super::client::{Client, Parameters};
use super::print_line;
use super::silences::user;
use super::table::{print_json, print_table, series, time};
use crate::cli::{AckArgs, AlertsAction, AlertsArgs, ListAlertsArgs, UnackArgs};
use watchkeeper_wire::json::{AcknowledgeRequest, AlertJson, AlertList, UnacknowledgeRequest};

/// Alerts per page.
const PAGE: u32 = 1_000;

pub(crate) fn run(args: &AlertsArgs) -> anyhow::Result<()> {
    match &args.action {
        None => list(&args.list),
        Some(AlertsAction::Ack(args)) => acknowledge(args),
        Some(AlertsAction::Unack(args)) => take_back(args),
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
    let requests: Vec<_> = if are_ids(&args.which) {
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

fn take_back(args: &UnackArgs) -> anyhow::Result<()> {
    let by_id = |id: &String| UnacknowledgeRequest { id: Some(id.clone()), matchers: Vec::new() };
    let requests: Vec<_> = if are_ids(&args.which) {
        args.which.iter().map(by_id).collect()
    } else {
        vec![UnacknowledgeRequest { id: None, matchers: args.which.clone() }]
    };
    let client = Client::new(&args.server)?;
    let mut changed = Vec::new();
    for request in &requests {
        let AlertList { alerts, .. } = client.post("/v1/alerts/unacknowledge", request)?;
        if args.output.json {
            changed.extend(alerts);
            continue;
        }
        for alert in &alerts {
            print_line(&format!("{} for {} is no longer acknowledged.", alert.rule, series(&alert.series)))?;
        }
    }
    if args.output.json { print_json(&changed) } else { Ok(()) }
}

/// Whether these are IDs, which have no operator, and no matchers.
fn are_ids(which: &[String]) -> bool {
    which.iter().all(|argument| !argument.contains(['=', '~']))
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
            since(alert),
            alert.reason.clone(),
            kept_quiet_by(alert),
        ]
    };
    let headings = ["ID", "STATE", "RULE", "SEVERITY", "SERIES", "SINCE", "WHY", "ACKNOWLEDGED OR MUTED BY"];
    print_table(headings, alerts.iter().map(row).collect(), "No alerts match.")?;
    Ok(())
}

/// Since when it is in its state.
fn since(alert: &AlertJson) -> String {
    let since = alert.cleared_at.as_ref().or(alert.fired_at.as_ref()).or(alert.pending_since.as_ref());
    match (since, &alert.fires_at) {
        (Some(since), Some(fires_at)) => format!("{}, fires at {}", time(since), time(fires_at)),
        (since, _) => since.map(|since| time(since)).unwrap_or_default(),
    }
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
