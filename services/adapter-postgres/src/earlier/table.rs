//! Finds the table.

use crate::database::Connection;
use crate::error::Error;
use std::collections::HashMap;

/// Tables named `metrics`, first the one that an unqualified statement would use. Views are not considered: a
/// schema of Watchkeeper has one over the samples that are imported.
const FIND: &str = "SELECT c.oid::bigint, quote_ident(nspname) || '.metrics', system_identifier,
         (SELECT oid::bigint FROM pg_database WHERE datname = current_database())
     FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace CROSS JOIN pg_control_system()
     WHERE relname = 'metrics' AND relkind IN ('r', 'p')
         AND (nspname = ANY (current_schemas(false)) OR nspname = 'public')
     ORDER BY array_position(current_schemas(false), nspname) NULLS LAST LIMIT 1";
const COLUMNS: &str = "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
     WHERE attrelid = $1::bigint::oid AND attnum > 0 AND NOT attisdropped";
/// The required columns, each with its possible types.
const EXPECTED: [(&str, &[&str]); 6] = [
    ("id", &["bigint", "integer"]),
    ("source", &["character varying", "text"]),
    ("name", &["character varying", "text"]),
    ("value", &["double precision"]),
    ("labels", &["jsonb", "json"]),
    ("collected_at", &["timestamp with time zone"]),
];

#[derive(Debug)]
pub(super) struct Table {
    /// Its qualified name in statements.
    pub(super) name: String,
    /// Its identity: the ids of the cluster, the database and the table.
    pub(super) id: String,
}

/// Finds the table and checks its columns.
pub(super) async fn find(connection: &Connection) -> Result<Table, Error> {
    let Some(row) = connection.query_opt(FIND, &[]).await? else {
        let reason = "there is none in the schemas of search_path, nor in public: name the database that the \
                      previous persister writes to";
        return Err(Error::Broken(reason.to_owned()));
    };
    let (number, name): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
    let (cluster, database): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
    let mut types = HashMap::new();
    for column in connection.query(COLUMNS, &[&number]).await? {
        types.insert(column.try_get::<_, String>(0)?, column.try_get::<_, String>(1)?);
    }
    let wrong: Vec<_> = EXPECTED
        .iter()
        .filter_map(|(column, expected)| wrong(column, expected, types.get(*column).map(String::as_str)))
        .collect();
    if wrong.is_empty() {
        Ok(Table { name, id: format!("postgres/{cluster}/{database}/{number}") })
    } else {
        Err(Error::Broken(format!("{name} is not the expected table: {}", wrong.join(", "))))
    }
}

/// What is wrong with a column, if anything.
fn wrong(column: &str, expected: &[&str], found: Option<&str>) -> Option<String> {
    match found {
        Some(found) if expected.contains(&found) => None,
        Some(found) => Some(format!("column {column} is {found}, not {}", expected[0])),
        None => Some(format!("it has no column {column}")),
    }
}
