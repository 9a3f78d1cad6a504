//! The dashboards and alerts of `dashboards/`, on a Prometheus and a PostgreSQL while data flows.

mod board;
mod feed;
mod logql;
mod prometheus;
mod promtool;
mod relabelling;
mod sql;

use crate::patience::wait_for;
use crate::role;
use crate::running::Up;
use crate::world::World;
use board::{Query, boards};
use feed::Feed;
use prometheus::Prometheus;
use sql::Reader;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::iter;

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn every_panel_has_data_and_every_alert_can_fire() {
    let world = World::with_engines();
    let dir = tempfile::tempdir().unwrap();
    let mut host = world.host("host");
    host.configure(&feed::config(&world));
    let up = Up::start(&dir.path().join("up"));
    // Prometheus sees every counter before it is first increased.
    let prometheus = Prometheus::start(dir.path(), &host, &up);
    host.start(&role::all());
    host.wait_until_ready();
    prometheus.wait_until_all_are_up();
    let mut feed = Feed::new(&host);
    feed.begin(&up, dir.path());

    let boards = boards();
    let reader = wait_for("the tables", || Reader::new(&world.stack));
    let mut rows = BTreeMap::new();
    wait_for("each panel to have data", || {
        feed.go_on();
        let mut empty = Vec::new();
        for board in &boards {
            let variables = reader.variables(board);
            let queries = board.panels.iter().flat_map(|panel| iter::repeat(panel).zip(&panel.queries));
            for (number, (panel, query)) in queries.enumerate() {
                let place = (board.title.clone(), number, panel.title.clone());
                if rows.contains_key(&place) {
                    continue;
                }
                let found = match query {
                    Query::Prom(query) => prometheus.rows(query),
                    Query::Sql { text, is_table } => reader.rows(text, *is_table, &variables),
                    // Loki does not run here; `logql` has tests of its own.
                    Query::Log(_) => continue,
                };
                match found {
                    Ok(count) if count > 0 => _ = rows.insert(place, (query.clone(), count)),
                    other => empty.push(format!("{place:?} has {other:?}: {}", query.text())),
                }
            }
        }
        if empty.is_empty() { Ok(()) } else { Err(empty.join("\n")) }
    });
    wait_for("each alert to have what it is about", || prometheus.check_alerts());

    let mut table = String::from("| dashboard | panel | rows | query |\n|---|---|---|---|\n");
    for ((board, _, panel), (query, rows)) in &rows {
        let query = query.text().split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        let _ = writeln!(table, "| {board} | {panel} | {rows} | `{query}` |");
    }
    fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/panels.md"), &table).unwrap();
    eprintln!("{table}");
}
