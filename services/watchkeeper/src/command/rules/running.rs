//! The rules of a running server.

use crate::cli::{ExplainArgs, Output, Server};
use crate::command::client::{Client, Parameters, segment};
use crate::command::table::{print_json, print_table, series};
use crate::command::{notice, print_line};
use std::io;
use watchkeeper_wire::json::{RuleExplanation, RuleJson, RuleList, SeriesExplanation};

pub(super) fn list(output: &Output, server: &Server) -> anyhow::Result<()> {
    let RuleList { rules } = Client::new(server)?.get("/v1/rules", &Parameters::default())?;
    if output.json {
        return print_json(&rules);
    }
    let row = |rule: &RuleJson| {
        [
            rule.name.clone(),
            rule.severity.clone(),
            rule.condition.clone(),
            rule.hold.clone(),
            rule.matchers.join(", "),
            rule.receivers.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(" ")),
            rule.firing.to_string(),
        ]
    };
    let headings = ["NAME", "SEVERITY", "FIRES WHEN", "FOR", "MATCHERS", "RECEIVERS", "FIRING"];
    print_table(headings, rules.iter().map(row).collect(), "No rules.")?;
    Ok(())
}

pub(super) fn explain(args: &ExplainArgs) -> anyhow::Result<()> {
    let path = format!("/v1/rules/{}/explain", segment(&args.rule));
    let selection = Parameters::selecting(&args.selection);
    let explanation: RuleExplanation = Client::new(&args.server)?.get(&path, &selection)?;
    if explanation.series_limit.is_some() {
        notice("not all series are shown: narrow the selection with --source, --name or --label");
    }
    if args.output.json {
        return print_json(&explanation.series);
    }
    if explanation.series.is_empty() {
        print_line(&format!("No series match the rule {}.", args.rule))?;
    }
    explanation.series.iter().try_for_each(show)?;
    Ok(())
}

fn show(explained: &SeriesExplanation) -> io::Result<()> {
    let (fires, muted) =
        if explained.fires { ("fires", "muted") } else { ("does not fire", "would be muted") };
    print_line(&format!("{}: {fires}", series(&explained.series)))?;
    for line in &explained.why {
        print_line(&format!("  {line}"))?;
    }
    for silence in &explained.silences {
        let colon = if silence.comment.is_empty() { "" } else { ": " };
        print_line(&format!(
            "  {muted} until {} by silence {} of {}{colon}{}",
            silence.ends_at, silence.id, silence.created_by, silence.comment
        ))?;
    }
    if let Some(by) = &explained.inhibited_by {
        print_line(&format!("  {muted} while {} fires for {}", by.rule, series(&by.series)))?;
    }
    Ok(())
}
