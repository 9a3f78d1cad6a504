//! Small numbers for the names of services and hosts.

use crate::sqlite::Error;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// Most names of a kind that the writer remembers. Beyond that, it forgets all and looks them up again.
const MAX_REMEMBERED: usize = 10_000;

/// Which table the names are in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Service,
    Host,
}

impl Kind {
    const fn table(self) -> &'static str {
        match self {
            Self::Service => "services",
            Self::Host => "hosts",
        }
    }

    /// The number of `name`, if any event has it.
    pub(super) fn find(self, conn: &Connection, name: &str) -> Result<Option<i64>, Error> {
        let sql = format!("SELECT id FROM {} WHERE name = ?1", self.table());
        Ok(conn.prepare_cached(&sql)?.query_row([name], |row| row.get(0)).optional()?)
    }

    /// The name with this number.
    pub(super) fn name(self, conn: &Connection, id: i64) -> Result<String, Error> {
        let sql = format!("SELECT name FROM {} WHERE id = ?1", self.table());
        Ok(conn.prepare_cached(&sql)?.query_row([id], |row| row.get(0))?)
    }

    fn insert(self, conn: &Connection, name: &str) -> Result<i64, Error> {
        let sql = format!("INSERT INTO {} (name, events) VALUES (?1, 0)", self.table());
        conn.prepare_cached(&sql)?.execute([name])?;
        Ok(conn.last_insert_rowid())
    }

    fn add(self, conn: &Connection, id: i64, events: i64) -> Result<(), Error> {
        let sql = format!("UPDATE {} SET events = events + ?2 WHERE id = ?1", self.table());
        conn.prepare_cached(&sql)?.execute((id, events))?;
        Ok(())
    }

    /// Removes the name with this number if no event has it; returns whether it did.
    fn remove_unused(self, conn: &Connection, id: i64) -> Result<bool, Error> {
        let sql = format!("DELETE FROM {} WHERE id = ?1 AND events <= 0", self.table());
        Ok(conn.prepare_cached(&sql)?.execute([id])? > 0)
    }
}

/// The names of one kind, as the writer knows them.
pub(super) struct Names {
    kind: Kind,
    ids: HashMap<String, i64>,
    /// How many more, or fewer, events have a name since the last [`Self::settle`].
    changes: HashMap<i64, i64>,
}

impl Names {
    pub(super) fn of(kind: Kind) -> Self {
        Self { kind, ids: HashMap::new(), changes: HashMap::new() }
    }

    /// The number for an event that is stored under `name`, which is inserted if it is new.
    pub(super) fn used(&mut self, conn: &Connection, name: &str) -> Result<i64, Error> {
        let id = if let Some(id) = self.ids.get(name) {
            *id
        } else {
            let id = self.kind.find(conn, name)?;
            let id = id.map_or_else(|| self.kind.insert(conn, name), Ok)?;
            self.remember(name, id);
            id
        };
        *self.changes.entry(id).or_default() += 1;
        Ok(id)
    }

    /// An event with this number was removed.
    pub(super) fn unused(&mut self, id: i64) {
        *self.changes.entry(id).or_default() -= 1;
    }

    /// Writes how many events have each name, and removes the names that none has.
    pub(super) fn settle(&mut self, conn: &Connection) -> Result<(), Error> {
        let mut has_removed = false;
        for (id, events) in std::mem::take(&mut self.changes) {
            self.kind.add(conn, id, events)?;
            has_removed |= events < 0 && self.kind.remove_unused(conn, id)?;
        }
        if has_removed {
            // A number may be given again.
            self.ids.clear();
        }
        Ok(())
    }

    /// Forgets what was learnt in writes that were rolled back.
    pub(super) fn forget(&mut self) {
        self.ids.clear();
        self.changes.clear();
    }

    fn remember(&mut self, name: &str, id: i64) {
        if self.ids.len() >= MAX_REMEMBERED {
            self.ids.clear();
        }
        self.ids.insert(name.to_owned(), id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::MIGRATIONS;

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn
    }

    #[test]
    fn a_name_that_no_event_has_any_more_is_removed_and_can_come_back() {
        let (conn, mut names) = (database(), Names::of(Kind::Service));
        let shop = names.used(&conn, "shop").unwrap();
        assert_eq!(names.used(&conn, "shop").unwrap(), shop);
        names.settle(&conn).unwrap();
        names.unused(shop);
        names.settle(&conn).unwrap();
        assert_eq!(Kind::Service.find(&conn, "shop").unwrap(), Some(shop), "another event has it");
        names.unused(shop);
        names.settle(&conn).unwrap();
        assert_eq!(Kind::Service.find(&conn, "shop").unwrap(), None);
        let again = names.used(&conn, "shop").unwrap();
        names.settle(&conn).unwrap();
        assert_eq!(Kind::Service.name(&conn, again).unwrap(), "shop");
    }

    #[test]
    fn more_names_than_are_remembered_keep_their_numbers() {
        let (conn, mut names) = (database(), Names::of(Kind::Host));
        let mut id = |number: usize| {
            let id = names.used(&conn, &format!("h{number}")).unwrap();
            assert!(names.ids.len() <= MAX_REMEMBERED);
            id
        };
        let first: Vec<_> = (0..=MAX_REMEMBERED).map(&mut id).collect();
        assert_eq!((0..=MAX_REMEMBERED).map(&mut id).collect::<Vec<_>>(), first);
    }
}
