//! `watchkeeper notifications`.

use super::client::{Client, Parameters, segment};
use super::print_line;
use super::table::{print_json, print_table};
use crate::cli::{ListNotificationsArgs, NotificationsAction, NotificationsArgs, Server};
use watchkeeper_wire::json::{NotificationJson, NotificationList, RetryJson};

pub(crate) fn run(args: &NotificationsArgs) -> anyhow::Result<()> {
    match &args.action {
        None => list(&args.list),
        Some(NotificationsAction::Retry { id, server }) => retry(id, server),
    }
}

fn retry(id: &str, server: &Server) -> anyhow::Result<()> {
    let path = format!("/v1/notifications/{}/retry", segment(id));
    let RetryJson { id, result } = Client::new(server)?.post(&path, &())?;
    print_line(&match result.as_str() {
        "due" => format!("Notification {id} is due: it is sent within a second."),
        _ => format!("Notification {id} is being sent already."),
    })?;
    Ok(())
}

fn list(args: &ListNotificationsArgs) -> anyhow::Result<()> {
    let mut parameters = Parameters::default();
    parameters.set("limit", args.last.to_string());
    let NotificationList { notifications } =
        Client::new(&args.server)?.get("/v1/notifications", &parameters)?;
    if args.output.json {
        return print_json(&notifications);
    }
    let row = |notification: &NotificationJson| {
        [
            notification.made_at.clone(),
            state(notification),
            format!("{} {}", notification.channel, notification.recipient),
            notification.subject.clone(),
            notification.error.clone().unwrap_or_default(),
            notification.id.clone(),
        ]
    };
    let headings = ["CREATED AT", "STATE", "TO", "SUBJECT", "ERROR", "ID"];
    print_table(headings, notifications.iter().map(row).collect(), "No notifications.")?;
    Ok(())
}

/// The delivery state, with the next attempt.
fn state(notification: &NotificationJson) -> String {
    let NotificationJson { state, attempts, next_attempt_at, .. } = notification;
    match (attempts, next_attempt_at) {
        (Some(attempts @ 1..), Some(next)) => format!("{state}: attempt {} at {next}", attempts + 1),
        _ => state.clone(),
    }
}
