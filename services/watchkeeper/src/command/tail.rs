//! `watchkeeper tail`.

use super::client::{Client, Parameters};
use super::print_line;
use super::table::{print_json_text, series, value};
use crate::cli::ListArgs;
use anyhow::bail;
use watchkeeper_wire::json::SampleJson;

/// Prints the samples of the API's event stream until interrupted.
pub(crate) fn run(args: &ListArgs) -> anyhow::Result<()> {
    let events = Client::new(&args.server)?.lines("/v1/stream", &Parameters::selecting(&args.selection))?;
    let mut event = String::new();
    for line in events {
        let line = line?;
        if let Some(name) = line.strip_prefix("event:") {
            name.trim().clone_into(&mut event);
        }
        let Some(data) = line.strip_prefix("data:").map(str::trim) else { continue };
        match event.as_str() {
            "sample" if args.output.json => print_json_text(data)?,
            "sample" => print_line(&shown(&serde_json::from_str(data)?))?,
            _ => super::notice(&format!("{event}: {data}")),
        }
    }
    bail!("the server has closed the stream")
}

fn shown(sample: &SampleJson) -> String {
    let value = value(sample.value, &sample.series);
    let note = sample.note.as_ref().map(|note| format!("  {note}")).unwrap_or_default();
    format!("{}  {}  {value}{note}", sample.collected_at, series(&sample.series))
}
