//! Silences.

use crate::sqlite::{Error, select_rows, timestamp};
use rusqlite::{Connection, Params, Row};
use watchkeeper_domain::{Matcher, Matchers, Silence, Timestamp};

const COLUMNS: &str = "id, matchers, starts_at, ends_at, created_by, comment";
/// Silences that end after an instant, those that end earliest first.
const ENDING_AFTER: &str = "WHERE ends_at > ?1 ORDER BY ends_at, id LIMIT ?2";

/// Stores a silence; replaces the one with the same id.
pub(super) fn put(conn: &Connection, silence: &Silence) -> Result<(), Error> {
    conn.prepare_cached(&format!(
        "INSERT INTO silences ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET
             matchers = excluded.matchers, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
             created_by = excluded.created_by, comment = excluded.comment"
    ))?
    .execute((
        &silence.id,
        written(&silence.matchers)?,
        silence.starts_at.as_micros(),
        silence.ends_at.as_micros(),
        &silence.created_by,
        &silence.comment,
    ))?;
    Ok(())
}

pub(super) fn find(conn: &Connection, id: &str) -> Result<Option<Silence>, Error> {
    Ok(select(conn, "WHERE id = ?1", [id])?.pop())
}

/// The first `limit` that end after `instant`.
pub(super) fn ending_after(
    conn: &Connection,
    instant: Timestamp,
    limit: usize,
) -> Result<Vec<Silence>, Error> {
    select(conn, ENDING_AFTER, (instant.as_micros(), limit))
}

/// Removes those that ended before `before`; returns how many.
pub(super) fn prune(conn: &Connection, before: Timestamp) -> Result<u64, Error> {
    let removed =
        conn.prepare_cached("DELETE FROM silences WHERE ends_at < ?1")?.execute([before.as_micros()])?;
    Ok(removed as u64)
}

fn select(conn: &Connection, which: &str, params: impl Params) -> Result<Vec<Silence>, Error> {
    select_rows(conn, &format!("SELECT {COLUMNS} FROM silences {which}"), params, read)
}

fn read(row: &Row<'_>) -> Result<Silence, Error> {
    let matchers: String = row.get(1)?;
    Ok(Silence {
        id: row.get(0)?,
        matchers: parsed(&matchers)
            .map_err(|reason| Error::Broken(format!("a silence has invalid matchers: {reason}")))?,
        starts_at: timestamp(row.get(2)?)?,
        ends_at: timestamp(row.get(3)?)?,
        created_by: row.get(4)?,
        comment: row.get(5)?,
    })
}

/// The matchers as text, if they parse back from it: a matcher that was not parsed from text may be longer
/// than allowed.
fn written(matchers: &Matchers) -> Result<String, Error> {
    let refused = |reason: String| Error::Rejected(format!("matchers: {reason}"));
    let texts: Vec<String> = matchers.iter().map(ToString::to_string).collect();
    let text = serde_json::to_string(&texts).map_err(|error| refused(error.to_string()))?;
    parsed(&text).map_err(refused)?;
    Ok(text)
}

fn parsed(text: &str) -> Result<Matchers, String> {
    let texts: Vec<String> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let matchers: Result<Vec<Matcher>, _> = texts.iter().map(|text| text.parse()).collect();
    Matchers::new(matchers.map_err(|error| error.to_string())?).map_err(|violation| violation.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::MIGRATIONS;
    use crate::sqlite::plan;
    use watchkeeper_domain::MAX_MATCHER_BYTES;

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn
    }

    #[test]
    fn those_that_have_not_ended_are_found_without_a_look_at_the_others() {
        let sql = format!("SELECT {COLUMNS} FROM silences {ENDING_AFTER}");
        assert_eq!(plan(&database(), &sql), ["SEARCH silences USING INDEX silences_by_end (ends_at>?)"]);
    }

    #[test]
    fn a_matcher_that_could_not_be_read_back_is_refused() {
        let silence = Silence {
            id: "1".into(),
            matchers: Matchers::new(vec![Matcher::equal("host", "x".repeat(MAX_MATCHER_BYTES))]).unwrap(),
            starts_at: Timestamp::MIN,
            ends_at: Timestamp::MAX,
            created_by: String::new(),
            comment: String::new(),
        };
        let Err(Error::Rejected(reason)) = put(&database(), &silence) else { panic!("it is too long") };
        assert!(reason.starts_with("matchers: ") && reason.contains("the limit is"), "{reason}");
    }
}
