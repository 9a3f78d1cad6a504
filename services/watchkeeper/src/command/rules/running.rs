//! The rules of a running server.

use super::receivers;
use crate::cli::{ExplainArgs, Output, Server};
use crate::command::client::{Client, Parameters, segment};
use crate::command::table::{print_json, print_table, series};
use crate::command::{notice, print_line};
use std::io;
use watchkeeper_domain::Series;
use watchkeeper_rules::{Matching, RuleSet};
use watchkeeper_wire::json::{
    RuleExplanation, RuleJson, RuleList, SeriesExplanation, SeriesJson, SeriesList,
};

/// Series per request.
const PAGE: u32 = 1_000;

pub(super) fn list(output: &Output, server: &Server) -> anyhow::Result<()> {
    let RuleList { rules } = Client::new(server)?.get("/v1/rules", &Parameters::default())?;
    if output.json {
        return print_json(&rules);
    }
    let row = |rule: &RuleJson| {
        [
            if rule.default { format!("{} (default)", rule.name) } else { rule.name.clone() },
            rule.severity.clone(),
            rule.condition.clone(),
            rule.hold.clone(),
            rule.matchers.join(", "),
            receivers(rule.receivers.as_deref()),
            rule.firing.to_string(),
        ]
    };
    let headings = ["NAME", "SEVERITY", "FIRES WHEN", "FOR", "MATCHERS", "RECEIVERS", "FIRING"];
    print_table(headings, rules.iter().map(row).collect(), "No rules.")?;
    for RuleJson { name, warning, .. } in &rules {
        if let Some(warning) = warning {
            notice(&format!("rule {name} {warning}"));
        }
    }
    Ok(())
}

/// Checks the rules of a file against the series of the server.
pub(super) fn warn_about_unmatched(rules: &RuleSet, server: &Server) -> anyhow::Result<()> {
    let open = |page: SeriesList| (page.series, page.next_page);
    let all = Client::new(server)?.all_pages("/v1/series", Parameters::default(), PAGE, open)?;
    if all.is_empty() {
        notice("there are no series yet: whether the rules match any is not known");
        return Ok(());
    }
    let mut matching = Matching::new(rules, &[]);
    for SeriesJson { source, name, unit, labels } in &all {
        let labels: Vec<_> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        matching.observe(&Series::new(source, name, unit, &labels)?);
    }
    let unmatched = matching.unmatched();
    for (name, warning) in &unmatched.rules {
        notice(&format!("rule {name} {warning}"));
    }
    for (index, warning) in &unmatched.inhibitions {
        notice(&format!("inhibit[{index}] {warning}"));
    }
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
        let warning = explanation.rule.warning.as_deref().unwrap_or("matches no series");
        print_line(&format!("The rule {} {warning}.", args.rule).replace("?.", "?"))?;
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
