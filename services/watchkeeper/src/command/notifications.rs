//! `watchkeeper notifications`.

use super::client::{Client, Parameters};
use super::table::{print_json, print_table};
use crate::cli::NotificationsArgs;
use watchkeeper_wire::json::{NotificationJson, NotificationList};

pub(crate) fn run(args: &NotificationsArgs) -> anyhow::Result<()> {
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
        ]
    };
    let headings = ["CREATED AT", "STATE", "TO", "SUBJECT", "ERROR"];
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
