//! `watchkeeper tail`.

use super::client::{Client, Parameters};
use super::print_line;
use super::server_events::ServerEvent;
use super::table::{print_json_text, series, value};
use crate::cli::ListArgs;
use anyhow::bail;
use watchkeeper_wire::json::SampleJson;

/// Prints the samples of the API's event stream until interrupted.
pub(crate) fn run(args: &ListArgs) -> anyhow::Result<()> {
    let selection = Parameters::selecting(&args.selection);
    for event in Client::new(&args.server)?.server_events("/v1/stream", &selection)? {
        let ServerEvent { name, data } = event?;
        match name.as_str() {
            "sample" if args.output.json => print_json_text(&data)?,
            "sample" => print_line(&shown(&serde_json::from_str(&data)?))?,
            "" => {}
            _ => super::notice(&format!("{name}: {data}")),
        }
    }
    bail!("the server has closed the stream")
}

fn shown(sample: &SampleJson) -> String {
    let value = value(sample.value, &sample.series);
    let note = sample.note.as_ref().map(|note| format!("  {note}")).unwrap_or_default();
    format!("{}  {}  {value}{note}", sample.collected_at, series(&sample.series))
}
