//! `watchkeeper dead-letters`.

use super::client::{Client, Parameters, segment};
use super::print_line;
use super::table::{print_json, print_table};
use crate::cli::{DeadLettersAction, DeadLettersArgs};
use watchkeeper_wire::json::{
    BytesJson, DeadLetterJson, DeadLetterList, ReplayAnswer, ReplayRequest, TruncatedJson,
};

/// Letters that one page of an answer brings.
const PAGE: u32 = 100;

pub(crate) fn run(args: &DeadLettersArgs) -> anyhow::Result<()> {
    match &args.action {
        DeadLettersAction::List { output, server } => {
            let client = Client::new(server)?;
            let open = |page: DeadLetterList| (page.dead_letters, page.next_page);
            let letters = client.all_pages("/v1/dead-letters", Parameters::default(), PAGE, open)?;
            if output.json { print_json(&letters) } else { list(&letters) }
        }
        DeadLettersAction::Show { id, output, server } => {
            let path = format!("/v1/dead-letters/{}", segment(id));
            let letter: DeadLetterJson = Client::new(server)?.get(&path, &Parameters::default())?;
            if output.json { print_json(&[letter]) } else { show(&letter) }
        }
        DeadLettersAction::Replay { ids, all, server } => {
            let request = ReplayRequest { ids: ids.clone(), all: *all };
            let answer: ReplayAnswer = Client::new(server)?.post("/v1/dead-letters/replay", &request)?;
            print_line(&format!("{} sent in again, {} left.", answer.replayed, answer.waiting))?;
            if answer.not_replayable > 0 {
                print_line(&format!(
                    "{} of these cannot be: the record is not to be had whole any more. To name one says why.",
                    answer.not_replayable
                ))?;
            }
            Ok(())
        }
    }
}

fn list(letters: &[DeadLetterJson]) -> anyhow::Result<()> {
    let row = |letter: &DeadLetterJson| {
        let remark = if letter.truncated.is_some() { " (truncated)" } else { "" };
        let reason = format!("{}{remark}", letter.reason);
        [letter.id.clone(), letter.rejected_at.clone(), letter.rejected_by.clone(), reason]
    };
    let rows = letters.iter().map(row).collect();
    print_table(["ID", "REJECTED AT", "BY", "REASON"], rows, "Nothing waits to be looked at.")?;
    Ok(())
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

/// What a letter has only the head of.
fn show_truncated(whole: &TruncatedJson) -> anyhow::Result<()> {
    let TruncatedJson { size_bytes, sha256, key_size_bytes, headers_left_out } = whole;
    print_line(
        "truncated    this is the head; the record lies where it came from for as long as its topic keeps it",
    )?;
    print_line(&format!("whole key    {key_size_bytes} bytes"))?;
    print_line(&format!("whole value  {size_bytes} bytes, SHA-256 {sha256}"))?;
    print_line(&format!("left out     {headers_left_out} headers"))?;
    Ok(())
}

fn shown(bytes: &BytesJson) -> String {
    match bytes {
        BytesJson::Text(text) => text.clone(),
        BytesJson::Base64(base64) => format!("(no text, in base64) {base64}"),
    }
}
