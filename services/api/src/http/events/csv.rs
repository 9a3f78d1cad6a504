//! Events as CSV (RFC 4180).

use std::fmt::Write as _;
use watchkeeper_domain::Event;
use watchkeeper_wire::csv::add_cell;

/// The names of the columns.
pub(super) const HEAD: &str = "id,time,level,service,host,message,fields\r\n";

/// Adds the row of an event; its fields are JSON in the last column.
pub(super) fn add_row(out: &mut String, event: &Event) {
    // Into memory, which does not fail.
    let _ = write!(out, "{},{},{},", event.id, event.occurred_at, event.level.name());
    for text in [&event.service, &event.host, &event.message] {
        add_cell(out, text);
        out.push(',');
    }
    let fields = serde_json::to_string(&event.fields).unwrap_or_default();
    add_cell(out, &fields);
    out.push_str("\r\n");
}

/// Adds a row that is no event: what is wrong, in the first column.
pub(super) fn add_notice(out: &mut String, notice: &str) {
    add_cell(out, notice);
    out.push_str(",,,,,,\r\n");
}
