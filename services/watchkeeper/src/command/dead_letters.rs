//! `watchkeeper dead-letters`.

mod being_read;
mod running;

use super::client::{Client, Parameters, segment};
use super::table::{print_json, print_table};
use super::{notice, print_line};
use crate::cli::{DeadLettersAction, DeadLettersArgs};
use being_read::once_read;
use watchkeeper_runtime::Grouped;
use watchkeeper_wire::json::{BytesJson, DeadLetterJson, DeadLetterList, DeadLetterRun, TruncatedJson};

/// Dead letters per page.
const PAGE: usize = 100;

pub(crate) fn run(args: &DeadLettersArgs) -> anyhow::Result<()> {
    match &args.action {
        DeadLettersAction::List { limit, output, server } => list(&Client::new(server)?, *limit, output.json),
        DeadLettersAction::Show { id, output, server } => {
            let path = format!("/v1/dead-letters/{}", segment(id));
            let letter: DeadLetterJson = Client::new(server)?.get(&path, &Parameters::default())?;
            if output.json { print_json(&[letter]) } else { show(&letter) }
        }
        DeadLettersAction::Replay { which, server } => {
            running::begin(&Client::new(server)?, "/v1/dead-letters/replay", which)
        }
        DeadLettersAction::Discard { which, server } => {
            running::begin(&Client::new(server)?, "/v1/dead-letters/discard", which)
        }
        DeadLettersAction::Runs { output, server } => running::list(&Client::new(server)?, output.json),
        DeadLettersAction::Stop { id, server } => {
            let path = format!("/v1/dead-letters/runs/{}", segment(id));
            let run: DeadLetterRun = Client::new(server)?.delete(&path)?;
            print_line(&running::summary(&run))?;
            Ok(())
        }
    }
}

/// Prints pending dead letters page by page.
fn list(client: &Client, limit: usize, json: bool) -> anyhow::Result<()> {
    let (mut query, mut rows, mut shown) = (Parameters::default(), Vec::new(), 0);
    query.set("limit", limit.clamp(1, PAGE).to_string());
    let waiting = loop {
        let mut page: DeadLetterList = once_read(|| client.get("/v1/dead-letters", &query))?;
        page.dead_letters.truncate(limit - shown);
        shown += page.dead_letters.len();
        if json {
            print_json(&page.dead_letters)?;
        } else {
            rows.extend(page.dead_letters.into_iter().map(row));
        }
        match page.next_page.filter(|_| shown < limit) {
            Some(next_page) => query.set("page", next_page),
            None => break page.waiting,
        }
    };
    if !json {
        print_table(["ID", "REJECTED AT", "BY", "REASON"], rows, "No dead letters.")?;
    }
    let more = waiting.saturating_sub(shown as u64);
    if more > 0 {
        notice(&format!("{} more are pending: use a higher --limit N", Grouped(more)));
    }
    Ok(())
}

fn row(letter: DeadLetterJson) -> [String; 4] {
    let remark = if letter.truncated.is_some() { " (truncated)" } else { "" };
    [letter.id, letter.rejected_at, letter.rejected_by, format!("{}{remark}", letter.reason)]
}

fn show(letter: &DeadLetterJson) -> anyhow::Result<()> {
    print_line(&format!("id           {}", letter.id))?;
    print_line(&format!("reason       {}", letter.reason))?;
    print_line(&format!("rejected     {} by {}", letter.rejected_at, letter.rejected_by))?;
    print_line(&format!("came from    {}/{} at offset {}", letter.topic, letter.partition, letter.offset))?;
    for header in &letter.headers {
        print_line(&format!("header       {}: {}", header.name, header.value))?;
    }
    if let Some(next) = letter.unreadable_until {
        print_line(&format!("unreadable   up to offset {}", next.saturating_sub(1)))?;
        return Ok(());
    }
    print_line(&format!("key          {}", shown(&letter.key)))?;
    print_line(&format!("value        {}", shown(&letter.value)))?;
    if let Some(whole) = &letter.truncated {
        show_truncated(whole)?;
    }
    Ok(())
}

/// What is known of a record of which the dead letter has only the head.
fn show_truncated(whole: &TruncatedJson) -> anyhow::Result<()> {
    let TruncatedJson { size_bytes, sha256, key_size_bytes, headers_left_out } = whole;
    print_line(
        "truncated    only the head is shown; the whole record stays on its topic until the retention ends",
    )?;
    print_line(&format!("whole key    {key_size_bytes} bytes"))?;
    print_line(&format!("whole value  {size_bytes} bytes, SHA-256 {sha256}"))?;
    print_line(&format!("omitted      {headers_left_out} headers"))?;
    Ok(())
}

fn shown(bytes: &BytesJson) -> String {
    match bytes {
        BytesJson::Text(text) => text.clone(),
        BytesJson::Base64(base64) => format!("(binary, base64) {base64}"),
    }
}
