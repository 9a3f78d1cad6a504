//! Names of services and hosts, and their numbers.

use crate::database::Connection;
use crate::error::Error;
use deadpool_postgres::Transaction;
use parking_lot::Mutex;
use std::collections::HashMap;

/// Most names whose numbers are remembered; beyond it all are forgotten.
const MAX_REMEMBERED: usize = 100_000;

/// The table of services.
pub(super) const SERVICES: &str = "event_services";
/// The table of hosts.
pub(super) const HOSTS: &str = "event_hosts";

/// Remembers the numbers of names, which are never removed.
pub(super) struct Names {
    table: &'static str,
    known: Mutex<HashMap<String, i32>>,
}

/// Numbers by name. Looked up twice for each event, so with a hash that is faster than the standard one, and random as well.
type Ids = HashMap<String, i32, foldhash::fast::RandomState>;

/// The names of services and those of hosts.
#[derive(Clone, Copy)]
pub(super) struct Origins<'n> {
    pub(super) services: &'n Names,
    pub(super) hosts: &'n Names,
}

/// The numbers of some names.
pub(super) struct Interned {
    ids: Ids,
    /// The names that were not remembered.
    learnt: Vec<String>,
}

impl Interned {
    pub(super) fn id(&self, name: &str) -> Result<i32, Error> {
        self.ids.get(name).copied().ok_or_else(|| Error::Broken("a name that was added is missing".into()))
    }
}

impl Names {
    pub(super) fn of(table: &'static str) -> Self {
        Self { table, known: Mutex::default() }
    }

    /// The numbers of `names`; new names are added with the transaction.
    pub(super) async fn intern<'n>(
        &self,
        transaction: &Transaction<'_>,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Interned, Error> {
        let (mut ids, mut learnt) = (Ids::default(), Vec::new());
        {
            let known = self.known.lock();
            for name in names {
                if ids.contains_key(name) {
                    continue;
                }
                match known.get(name) {
                    Some(id) => _ = ids.insert(name.to_owned(), *id),
                    None => learnt.push(name.to_owned()),
                }
            }
        }
        learnt.sort_unstable();
        learnt.dedup();
        if !learnt.is_empty() {
            find(transaction, self.table, &learnt, &mut ids).await?;
            // In order, to avoid deadlocks; none that is there, because trying to add it would use up a number.
            let new: Vec<_> = learnt.iter().filter(|name| !ids.contains_key(*name)).collect();
            if !new.is_empty() {
                let add = format!(
                    "INSERT INTO {} (name) SELECT unnest($1::text[]) ON CONFLICT (name) DO NOTHING",
                    self.table
                );
                let add = transaction.prepare_cached(&add).await?;
                transaction.execute(&add, &[&new]).await?;
                find(transaction, self.table, &learnt, &mut ids).await?;
            }
        }
        Ok(Interned { ids, learnt })
    }

    /// The number of a name, if there is one.
    pub(super) async fn number(&self, connection: &Connection, name: &str) -> Result<Option<i32>, Error> {
        if let Some(id) = self.known.lock().get(name) {
            return Ok(Some(*id));
        }
        let found = number(connection, self.table, name).await?;
        if let Some(id) = found {
            self.remember(Interned {
                ids: [(name.to_owned(), id)].into_iter().collect(),
                learnt: vec![name.to_owned()],
            });
        }
        Ok(found)
    }

    pub(super) const fn table(&self) -> &'static str {
        self.table
    }

    /// Remembers the numbers after the transaction was committed.
    pub(super) fn remember(&self, interned: Interned) {
        if interned.learnt.is_empty() {
            return;
        }
        let mut known = self.known.lock();
        let Interned { mut ids, learnt } = interned;
        for name in learnt {
            if known.len() >= MAX_REMEMBERED {
                known.clear();
            }
            if let Some(id) = ids.remove(&name) {
                known.insert(name, id);
            }
        }
    }
}

/// Adds the numbers of those `names` that are in the table.
async fn find(
    transaction: &Transaction<'_>,
    table: &str,
    names: &[String],
    ids: &mut Ids,
) -> Result<(), Error> {
    let find = format!("SELECT name, id FROM {table} WHERE name = ANY ($1)");
    let find = transaction.prepare_cached(&find).await?;
    for row in transaction.query(&find, &[&names]).await? {
        ids.insert(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(())
}

/// The number of a name, if there is one.
pub(super) async fn number(connection: &Connection, table: &str, name: &str) -> Result<Option<i32>, Error> {
    let row = connection.query_opt(&format!("SELECT id FROM {table} WHERE name = $1"), &[&name]).await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// Names and their numbers: up to `most`.
pub(super) async fn all(
    connection: &Connection,
    table: &str,
    most: usize,
) -> Result<Vec<(i32, String)>, Error> {
    let most = crate::series::count(most);
    let rows = connection.query(&format!("SELECT id, name FROM {table} LIMIT $1"), &[&most]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The names of some numbers.
pub(super) async fn of_numbers(
    connection: &Connection,
    table: &str,
    ids: &[i32],
) -> Result<HashMap<i32, String>, Error> {
    let rows =
        connection.query(&format!("SELECT id, name FROM {table} WHERE id = ANY ($1)"), &[&ids]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_names_are_remembered_than_there_is_room_for() {
        let names = Names::of(SERVICES);
        let learn = |name: usize| {
            let (name, id) = (name.to_string(), 1);
            names.remember(Interned { ids: [(name.clone(), id)].into_iter().collect(), learnt: vec![name] });
            names.known.lock().len()
        };
        assert!((0..MAX_REMEMBERED).all(|name| learn(name) == name + 1));
        assert_eq!(learn(MAX_REMEMBERED), 1);
    }
}
