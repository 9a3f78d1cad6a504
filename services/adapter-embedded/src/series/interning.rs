//! Series ids.

use super::columns;
use crate::sqlite::{Error, Memory};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::Series;

/// Most series whose ids are cached. Beyond that, the cache is emptied.
const MAX_REMEMBERED: usize = 100_000;
/// Most bytes of the keys of these series, 64 MiB: a key contains the labels, which may be long.
const MAX_REMEMBERED_KEY_BYTES: usize = 64 << 20;

/// Caches series ids, so that a sample of a known series costs one look-up in memory.
pub(crate) struct Interning {
    ids: HashMap<Arc<Series>, i64>,
    key_bytes: usize,
    max_key_bytes: usize,
    /// How many series there are, if they were counted since the last rollback.
    count: Option<u64>,
}

impl Default for Interning {
    fn default() -> Self {
        Self { ids: HashMap::new(), key_bytes: 0, max_key_bytes: MAX_REMEMBERED_KEY_BYTES, count: None }
    }
}

impl Interning {
    /// The id of `series`, which is inserted if it is new.
    pub(crate) fn id(&mut self, conn: &Connection, series: &Arc<Series>) -> Result<i64, Error> {
        if let Some(id) = self.find(conn, series)? {
            return Ok(id);
        }
        let id = insert(conn, series)?;
        self.count = self.count.map(|count| count + 1);
        self.remember(series, id);
        Ok(id)
    }

    /// The id of `series`, if it is in the database.
    pub(crate) fn find(&mut self, conn: &Connection, series: &Arc<Series>) -> Result<Option<i64>, Error> {
        if let Some(&id) = self.ids.get(series) {
            return Ok(Some(id));
        }
        let found = find(conn, series)?;
        if let Some(id) = found {
            self.remember(series, id);
        }
        Ok(found)
    }

    /// How many series are in the database. They are counted once.
    pub(crate) fn count(&mut self, conn: &Connection) -> Result<u64, Error> {
        let count = match self.count {
            Some(count) => count,
            None => count(conn)?,
        };
        self.count = Some(count);
        Ok(count)
    }

    /// A series was removed: its id may be reused.
    pub(crate) fn removed_one(&mut self) {
        self.forget_numbers();
        self.count = self.count.and_then(|count| count.checked_sub(1));
    }

    fn remember(&mut self, series: &Arc<Series>, id: i64) {
        let key_bytes = series.key().len();
        if self.ids.len() >= MAX_REMEMBERED || self.key_bytes + key_bytes > self.max_key_bytes {
            self.forget_numbers();
        }
        self.key_bytes += key_bytes;
        self.ids.insert(series.clone(), id);
    }

    fn forget_numbers(&mut self) {
        self.ids.clear();
        self.key_bytes = 0;
    }
}

/// A series may have got its id in writes that were rolled back.
impl Memory for Interning {
    fn rolled_back(&mut self) {
        self.forget_numbers();
        self.count = None;
    }
}

fn find(conn: &Connection, series: &Series) -> Result<Option<i64>, Error> {
    let id = conn
        .prepare_cached("SELECT id FROM series WHERE key = ?1")?
        .query_row([series.key()], |row| row.get(0))
        .optional()?;
    Ok(id)
}

/// How many series are in the database.
pub(crate) fn count(conn: &Connection) -> Result<u64, Error> {
    Ok(conn.prepare_cached("SELECT count(*) FROM series")?.query_row([], |row| row.get(0))?)
}

fn insert(conn: &Connection, series: &Series) -> Result<i64, Error> {
    let labels = columns::labels(series)?;
    conn.prepare_cached("INSERT INTO series (key, source, name, unit, labels) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((series.key(), series.source(), series.name(), series.unit(), labels))?;
    Ok(conn.last_insert_rowid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::Database;

    const SCHEMA: &str = include_str!("schema.sql");

    fn series(number: usize) -> Arc<Series> {
        Arc::new(Series::new("host", &format!("n{number}"), "", &[]).unwrap())
    }

    #[tokio::test]
    async fn a_number_that_was_given_in_a_write_that_failed_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(dir.path(), "store", &[SCHEMA], |_| Ok(Interning::default())).unwrap();
        let failing = |conn: &Connection, interning: &mut Interning| -> Result<(), Error> {
            interning.id(conn, &series(1))?;
            Err(Error::Rejected("on purpose".into()))
        };
        database.write(failing).await.unwrap_err();
        let intern = |number| move |conn: &Connection, ids: &mut Interning| ids.id(conn, &series(number));
        let other = database.write(intern(2)).await.unwrap();
        let again = database.write(intern(1)).await.unwrap();
        assert_ne!(other, again);
    }

    #[tokio::test]
    async fn series_are_counted_as_they_come_and_go_and_anew_after_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(dir.path(), "store", &[SCHEMA], |_| Ok(Interning::default())).unwrap();
        let intern = |number: usize| {
            move |conn: &Connection, interning: &mut Interning| {
                interning.id(conn, &series(number))?;
                interning.count(conn)
            }
        };
        assert_eq!(database.write(intern(1)).await.unwrap(), 1);
        assert_eq!(database.write(intern(2)).await.unwrap(), 2);
        let failing = move |conn: &Connection, interning: &mut Interning| -> Result<(), Error> {
            assert_eq!(intern(3)(conn, interning)?, 3);
            Err(Error::Rejected("on purpose".into()))
        };
        database.write(failing).await.unwrap_err();
        let remove = |conn: &Connection, interning: &mut Interning| {
            assert_eq!(interning.count(conn)?, 2);
            conn.execute("DELETE FROM series WHERE id = 1", [])?;
            interning.removed_one();
            interning.count(conn)
        };
        assert_eq!(database.write(remove).await.unwrap(), 1);
        assert_eq!(database.read(count).await.unwrap(), 1);
    }

    #[test]
    fn more_series_than_are_remembered_keep_their_numbers() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(SCHEMA).unwrap();
        let mut interning = Interning::default();
        let mut id = |number: usize| {
            let id = interning.id(&conn, &series(number)).unwrap();
            assert!(interning.ids.len() <= MAX_REMEMBERED);
            id
        };
        let first: Vec<_> = (0..=MAX_REMEMBERED).map(&mut id).collect();
        assert_eq!((0..=MAX_REMEMBERED).map(&mut id).collect::<Vec<_>>(), first);
    }

    #[test]
    fn longer_keys_than_are_remembered_keep_their_numbers() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(SCHEMA).unwrap();
        let max_key_bytes = series(0).key().len() + series(1).key().len();
        let mut interning = Interning { max_key_bytes, ..Interning::default() };
        let mut remembered = Vec::new();
        let mut id = |number: usize| {
            let id = interning.id(&conn, &series(number)).unwrap();
            remembered.push(interning.ids.len());
            id
        };
        let first = [0, 1, 2].map(&mut id);
        assert_eq!([0, 1, 2].map(&mut id), first);
        assert_eq!(remembered, [1, 2, 1, 2, 1, 2]);
    }
}
