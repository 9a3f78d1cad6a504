//! Queries of PostgreSQL, as the user whom `dashboards/postgresql/reader.sql` creates.

use super::board::Board;
use crate::stack::{Engine, Stack};
use std::collections::BTreeMap;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls};

const GRANTS: &str = include_str!("../../../../../dashboards/postgresql/reader.sql");

/// What Grafana puts in place of its variables and macros, with these arguments.
const TIME_RANGE: &str = "now() - interval '6 hours' AND now() + interval '1 hour'";
const INTERVAL_SECONDS: u32 = 60;

pub(super) struct Reader {
    tokio: Runtime,
    client: Client,
}

impl Reader {
    /// Once the tables are there.
    pub(super) fn new(stack: &Stack) -> Result<Self, String> {
        let tokio = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let connected = tokio.block_on(tokio_postgres::connect(stack.url(Engine::Postgres), NoTls));
        let (client, connection) = connected.map_err(|error| error.to_string())?;
        tokio.spawn(connection);
        let reader = Self { tokio, client };
        let known =
            reader.tokio.block_on(reader.client.query("SELECT FROM pg_roles WHERE rolname = 'grafana'", &[]));
        if known.map_err(|error| error.to_string())?.is_empty() {
            reader.execute(GRANTS)?;
        }
        reader.execute("SET ROLE grafana")?;
        Ok(reader)
    }

    fn execute(&self, statements: &str) -> Result<(), String> {
        self.tokio.block_on(self.client.batch_execute(statements)).map_err(|error| format!("{error:?}"))
    }

    /// The values of the variables of a dashboard, as Grafana writes all of them.
    pub(super) fn variables(&self, board: &Board) -> BTreeMap<String, String> {
        let of = |(name, query): &(String, String)| {
            let rows = self.tokio.block_on(self.client.query(query, &[])).unwrap();
            let values: Vec<_> = rows.iter().map(|row| format!("'{}'", row.get::<_, &str>(0))).collect();
            (format!("${name}"), values.join(","))
        };
        board.variables.iter().map(of).filter(|(_, values)| !values.is_empty()).collect()
    }

    /// The number of rows; of a time series, of those with a time and a value.
    pub(super) fn rows(
        &self,
        query: &str,
        is_table: bool,
        variables: &BTreeMap<String, String>,
    ) -> Result<usize, String> {
        let mut query = expanded(query);
        for (name, values) in variables {
            query = query.replace(name, values);
        }
        let counted = if is_table { "*" } else { "\"time\" + value" };
        let counting = format!("SELECT count({counted}) FROM ({query}) AS panel");
        let row = self
            .tokio
            .block_on(self.client.query_one(&counting, &[]))
            .map_err(|error| format!("{error:?}"))?;
        Ok(row.get::<_, i64>(0).try_into().unwrap())
    }
}

/// The query with the macros of Grafana's data source written out, as that does it.
fn expanded(query: &str) -> String {
    let mut text = String::new();
    let mut rest = query;
    while let Some(at) = rest.find("$__") {
        text += &rest[..at];
        let open = rest[at..].find('(').unwrap() + at;
        let close = rest[open..].find(')').unwrap() + open;
        let argument = &rest[open + 1..close];
        let written = match &rest[at..open] {
            "$__timeFilter" => format!("{argument} BETWEEN {TIME_RANGE}"),
            "$__timeGroup" => {
                let (column, interval) = argument.split_once(", ").unwrap();
                assert_eq!(interval, "$__interval");
                format!("floor(extract(epoch from {column})/{INTERVAL_SECONDS})*{INTERVAL_SECONDS}")
            }
            other => panic!("{other} is not known here"),
        };
        text.push_str(&written);
        rest = &rest[close + 1..];
    }
    text + rest
}
