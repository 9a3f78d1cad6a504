//! `watchkeeper incidents`.

use super::client::{Client, Parameters, segment};
use super::print_line;
use super::silences::user;
use super::table::{print_json, print_table, time};
use crate::cli::{
    IncidentsAction, IncidentsArgs, OpenIncidentArgs, Output, ResolveIncidentArgs, Server, UpdateIncidentArgs,
};
use watchkeeper_wire::json::{IncidentJson, IncidentList, IncidentRequest, IncidentUpdateRequest};

pub(crate) fn run(args: &IncidentsArgs) -> anyhow::Result<()> {
    match &args.action {
        IncidentsAction::List { ended, output, server } => list(*ended, output, server),
        IncidentsAction::Open(args) => open(args),
        IncidentsAction::Update(args) => update(args),
        IncidentsAction::Resolve(args) => resolve(args),
    }
}

fn list(ended: bool, output: &Output, server: &Server) -> anyhow::Result<()> {
    let mut parameters = Parameters::default();
    parameters.set("ended", ended.to_string());
    let IncidentList { incidents } = Client::new(server)?.get("/v1/incidents", &parameters)?;
    if output.json {
        return print_json(&incidents);
    }
    let row = |incident: &IncidentJson| {
        [
            incident.id.clone(),
            incident.state.clone(),
            incident.status.clone(),
            incident.title.clone(),
            time(&incident.starts_at),
            incident.ends_at.as_deref().map(time).unwrap_or_default(),
            named(&incident.pages, "all"),
            incident.updates.len().to_string(),
        ]
    };
    let headings = ["ID", "STATE", "STATUS", "TITLE", "FROM", "UNTIL", "PAGES", "UPDATES"];
    Ok(print_table(headings, incidents.iter().map(row).collect(), "No incidents.")?)
}

fn open(args: &OpenIncidentArgs) -> anyhow::Result<()> {
    let request = IncidentRequest {
        id: None,
        title: args.title.clone(),
        text: args.text.clone(),
        status: args.status.clone(),
        pages: args.pages.clone(),
        affected: args.affects.clone(),
        starts_at: args.from.clone(),
        ends_at: args.until.clone(),
        duration: args.duration.clone(),
        by: Some(args.by.clone().unwrap_or_else(user)),
    };
    let incident: IncidentJson = Client::new(&args.server)?.post("/v1/incidents", &request)?;
    if args.output.json {
        return print_json(&[incident]);
    }
    let IncidentJson { id, pages, .. } = &incident;
    let shown = match &pages[..] {
        [] => "all status pages".to_owned(),
        [page] => format!("status page {page}"),
        pages => format!("status pages {}", pages.join(", ")),
    };
    let (what, when) = match &incident.ends_at {
        Some(end) if incident.is_maintenance => {
            ("Maintenance", format!(" from {} until {}", time(&incident.starts_at), time(end)))
        }
        _ => ("Incident", String::new()),
    };
    print_line(&format!(
        "{what} {id}{when} is on {shown}. Update it with: watchkeeper incidents update {id} --text TEXT; end it with: \
         watchkeeper incidents resolve {id}"
    ))?;
    Ok(())
}

fn update(args: &UpdateIncidentArgs) -> anyhow::Result<()> {
    add(&args.id, args.status.clone(), &args.text, args.by.as_ref(), &args.output, &args.server)
}

fn resolve(args: &ResolveIncidentArgs) -> anyhow::Result<()> {
    add(&args.id, Some("resolved".to_owned()), &args.text, args.by.as_ref(), &args.output, &args.server)
}

/// Adds an update.
fn add(
    id: &str,
    status: Option<String>,
    text: &str,
    by: Option<&String>,
    output: &Output,
    server: &Server,
) -> anyhow::Result<()> {
    let by = Some(by.cloned().unwrap_or_else(user));
    let request = IncidentUpdateRequest { status, text: text.to_owned(), by };
    let path = format!("/v1/incidents/{}/updates", segment(id));
    let incident: IncidentJson = Client::new(server)?.post(&path, &request)?;
    if output.json {
        return print_json(&[incident]);
    }
    let IncidentJson { id, status, updates, .. } = &incident;
    print_line(&format!("Incident {id} is {status}, with {} updates.", updates.len()))?;
    Ok(())
}

/// Names in one column; `none` if there are none.
fn named(names: &[String], none: &str) -> String {
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
}
