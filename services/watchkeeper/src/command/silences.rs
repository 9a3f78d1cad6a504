//! `watchkeeper silences`.

use super::client::{Client, Parameters, segment};
use super::table::{print_json, print_table};
use super::{notice, print_line};
use crate::cli::{AddSilenceArgs, Output, Server, SilencesAction, SilencesArgs};
use watchkeeper_wire::json::{SilenceJson, SilenceList, SilenceRequest};

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
            silence.starts_at.clone(),
            silence.ends_at.clone(),
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
        created_by: args.by.clone(),
        comment: args.comment.clone().unwrap_or_default(),
    };
    let silence: SilenceJson = Client::new(&args.server)?.post("/v1/silences", &request)?;
    if args.output.json {
        return print_json(&[silence]);
    }
    if let Some(warning) = &silence.warning {
        notice(&format!("silence {} {warning}", silence.id));
    }
    print_line(&format!(
        "Silence {} is active from {} until {}. End it with: watchkeeper silences expire {}",
        silence.id, silence.starts_at, silence.ends_at, silence.id
    ))?;
    Ok(())
}
