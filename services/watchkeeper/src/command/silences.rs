//! `watchkeeper silences`.

use super::client::{Client, Parameters, segment};
use super::table::{print_json, print_table, time};
use super::{notice, print_line};
use crate::cli::{AddSilenceArgs, Output, Server, SilencesAction, SilencesArgs};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use watchkeeper_wire::json::{AlertList, SilenceJson, SilenceList, SilenceRequest};

/// Alerts per page.
const PAGE: u32 = 1_000;

pub(crate) fn run(args: &SilencesArgs) -> anyhow::Result<()> {
    match &args.action {
        SilencesAction::List { ended, output, server } => list(*ended, output, server),
        SilencesAction::Add(args) => add(args),
        SilencesAction::Expire { id, server } => {
            let path = format!("/v1/silences/{}", segment(id));
            let silence: SilenceJson = Client::new(server)?.delete(&path)?;
            print_line(&format!("Silence {} has ended.", silence.id))?;
            Ok(())
        }
    }
}

fn list(ended: bool, output: &Output, server: &Server) -> anyhow::Result<()> {
    let mut parameters = Parameters::default();
    parameters.set("ended", ended.to_string());
    let SilenceList { silences } = Client::new(server)?.get("/v1/silences", &parameters)?;
    if output.json {
        return print_json(&silences);
    }
    let row = |silence: &SilenceJson| {
        [
            silence.id.clone(),
            silence.state.clone(),
            silence.matchers.join(", "),
            time(&silence.starts_at),
            time(&silence.ends_at),
            silence.created_by.clone(),
            silence.comment.clone(),
        ]
    };
    let headings = ["ID", "STATE", "MATCHERS", "FROM", "UNTIL", "BY", "COMMENT"];
    print_table(headings, silences.iter().map(row).collect(), "No silences.")?;
    for silence in &silences {
        if let Some(warning) = &silence.warning {
            notice(&format!("silence {} {warning}", silence.id));
        }
    }
    Ok(())
}

fn add(args: &AddSilenceArgs) -> anyhow::Result<()> {
    let request = SilenceRequest {
        id: None,
        matchers: args.matchers.clone(),
        starts_at: args.from.clone(),
        ends_at: args.until.clone(),
        duration: args.duration.clone(),
        created_by: Some(args.by.clone().unwrap_or_else(user)),
        comment: args.comment.clone().unwrap_or_default(),
    };
    let client = Client::new(&args.server)?;
    let silence: SilenceJson = client.post("/v1/silences", &request)?;
    if args.output.json {
        return print_json(&[silence]);
    }
    if let Some(warning) = &silence.warning {
        notice(&format!("silence {} {warning}", silence.id));
    }
    let SilenceJson { id, starts_at, ends_at, .. } = &silence;
    print_line(&format!(
        "Silence {id} is active from {} until {}; it mutes {}. End it with: watchkeeper silences expire {id}",
        time(starts_at),
        time(ends_at),
        muted(&client, &silence)?
    ))?;
    for twin in twins(&client, &silence)? {
        notice(&format!("silence {} has the same matchers, until {}", twin.id, time(&twin.ends_at)));
    }
    Ok(())
}

/// The user of this process, if `$USER` is not set, as for root in cron jobs.
pub(super) fn user() -> String {
    let uid = fs::metadata("/proc/self").map_or(0, |process| process.uid());
    if uid == 0 { "root".to_owned() } else { format!("uid {uid}") }
}

/// The firing alerts that the silence mutes, in words.
fn muted(client: &Client, silence: &SilenceJson) -> anyhow::Result<String> {
    if silence.state != "active" {
        return Ok("no alert before it begins".to_owned());
    }
    let mut firing = Parameters::default();
    firing.set("state", "firing");
    let open = |page: AlertList| (page.alerts, page.next_page);
    let alerts = client.all_pages("/v1/alerts", firing, PAGE, open)?;
    Ok(match alerts.iter().filter(|alert| alert.silenced_by.contains(&silence.id)).count() {
        0 => "no firing alert".to_owned(),
        1 => "1 firing alert".to_owned(),
        count => format!("{count} firing alerts"),
    })
}

/// Other silences with the same matchers that have not ended.
fn twins(client: &Client, silence: &SilenceJson) -> anyhow::Result<Vec<SilenceJson>> {
    let SilenceList { mut silences } = client.get("/v1/silences", &Parameters::default())?;
    silences.retain(|other| other.matchers == silence.matchers && other.id != silence.id);
    Ok(silences)
}
