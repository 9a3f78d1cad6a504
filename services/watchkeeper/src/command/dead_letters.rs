//! `watchkeeper dead-letters`.

use super::client::{Client, Parameters, segment};
use super::print_line;
use super::table::{print_json, print_table};
use crate::cli::{DeadLettersAction, DeadLettersArgs};
use watchkeeper_wire::json::{BytesJson, DeadLetterJson, DeadLetterList, ReplayAnswer, ReplayRequest};

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
            Ok(())
        }
    }
}

fn list(letters: &[DeadLetterJson]) -> anyhow::Result<()> {
    let row = |letter: &DeadLetterJson| {
        [letter.id.clone(), letter.rejected_at.clone(), letter.rejected_by.clone(), letter.reason.clone()]
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
    print_line(&format!("key          {}", shown(&letter.key)))?;
    print_line(&format!("value        {}", shown(&letter.value)))?;
    Ok(())
}

fn shown(bytes: &BytesJson) -> String {
    match bytes {
        BytesJson::Text(text) => text.clone(),
        BytesJson::Base64(base64) => format!("(no text, in base64) {base64}"),
    }
}
