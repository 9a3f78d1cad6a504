//! Counts of events per minute.

use crate::sqlite::{Error, select_rows, timestamp};
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::event::{Count, CountKey, EVENTS};
use watchkeeper_domain::{Event, Level, Timestamp};

/// What counts are per.
const MINUTE: Duration = Duration::from_secs(60);
/// Most keys whose numbers are remembered. Beyond that, all are forgotten and looked up again.
const MAX_REMEMBERED: usize = 10_000;

/// What the events of one batch add to the counts.
#[derive(Default)]
pub(super) struct Counting(BTreeMap<(CountKey, Timestamp), u64>);

impl Counting {
    /// An event adds to the count of `key`.
    pub(super) fn add(&mut self, event: &Event, key: CountKey) {
        *self.0.entry((key, event.occurred_at.window_start(MINUTE))).or_default() += 1;
    }

    /// An event adds to the count of all that are stored.
    pub(super) fn add_stored(&mut self, event: &Event) {
        let key = CountKey {
            name: EVENTS.to_owned(),
            service: event.service.clone(),
            level: event.level,
            labels: BTreeMap::new(),
        };
        self.add(event, key);
    }

    pub(super) fn write(self, conn: &Connection, ids: &mut KeyIds) -> Result<(), Error> {
        let mut add = conn.prepare_cached(
            "INSERT INTO counts (key, minute, events) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET events = events + excluded.events",
        )?;
        for ((key, minute), events) in self.0 {
            add.execute((ids.id(conn, key)?, minute.as_micros(), events))?;
        }
        Ok(())
    }
}

/// The numbers of keys.
#[derive(Default)]
pub(super) struct KeyIds(HashMap<CountKey, i64>);

impl KeyIds {
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// The number of `key`, which is inserted if it is new.
    fn id(&mut self, conn: &Connection, key: CountKey) -> Result<i64, Error> {
        if let Some(id) = self.0.get(&key) {
            return Ok(*id);
        }
        let labels =
            serde_json::to_string(&key.labels).map_err(|error| Error::Rejected(error.to_string()))?;
        let columns = (&key.name, &key.service, key.level.number(), &labels);
        let found = conn
            .prepare_cached(
                "SELECT id FROM count_keys WHERE name = ?1 AND service = ?2 AND level = ?3 AND labels = ?4",
            )?
            .query_row(columns, |row| row.get(0))
            .optional()?;
        let id = if let Some(id) = found {
            id
        } else {
            conn.prepare_cached(
                "INSERT INTO count_keys (name, service, level, labels) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(columns)?;
            conn.last_insert_rowid()
        };
        if self.0.len() >= MAX_REMEMBERED {
            self.forget();
        }
        self.0.insert(key, id);
        Ok(id)
    }
}

const COUNTS: &str = "SELECT minute, service, level, labels, events
     FROM count_keys CROSS JOIN counts ON counts.key = count_keys.id
     WHERE name = ?1 AND minute >= ?2 AND minute < ?3";

/// The counts of the minutes that begin in `time`.
pub(super) fn counts(conn: &Connection, name: &str, time: &Range<Timestamp>) -> Result<Vec<Count>, Error> {
    let params = (name, time.start.as_micros(), time.end.as_micros());
    let mut counts = select_rows(conn, COUNTS, params, |row| {
        let labels: String = row.get(3)?;
        let labels = serde_json::from_str(&labels)
            .map_err(|error| Error::Broken(format!("the labels of a count are no JSON object: {error}")))?;
        let level = Level::from_number(row.get(2)?).unwrap_or_default();
        let key = CountKey { name: name.to_owned(), service: row.get(1)?, level, labels };
        Ok(Count { minute: timestamp(row.get(0)?)?, key, events: row.get(4)? })
    })?;
    counts.sort_by(|a, b| (a.minute, &a.key).cmp(&(b.minute, &b.key)));
    Ok(counts)
}

/// What one step of pruning did.
pub(super) struct Step {
    pub(super) has_removed_keys: bool,
    /// The key after which the next step continues, if there is more to do.
    pub(super) go_on_after: Option<i64>,
}

/// Most keys that one step looks at.
const STEP_KEYS: u32 = 100;
/// Most counts of one key that one step removes.
const STEP_COUNTS: usize = 1_000;

/// Removes counts of minutes that were over at `before`, and keys that have none left; a limited number of both.
pub(super) fn prune(conn: &Connection, before: Timestamp, mut after: i64) -> Result<Step, Error> {
    let over = before.as_micros().saturating_sub(60_000_000);
    let keys: Vec<i64> = select_rows(
        conn,
        "SELECT id FROM count_keys WHERE id > ?1 ORDER BY id LIMIT ?2",
        (after, STEP_KEYS),
        |row| Ok(row.get(0)?),
    )?;
    let mut has_removed_keys = false;
    for &key in &keys {
        let removed = conn
            .prepare_cached(
                "DELETE FROM counts WHERE key = ?1 AND minute IN
                 (SELECT minute FROM counts WHERE key = ?1 AND minute <= ?2 LIMIT ?3)",
            )?
            .execute((key, over, STEP_COUNTS))?;
        if removed == STEP_COUNTS {
            return Ok(Step { has_removed_keys, go_on_after: Some(after) });
        }
        has_removed_keys |= conn
            .prepare_cached(
                "DELETE FROM count_keys WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM counts WHERE key = ?1)",
            )?
            .execute([key])?
            > 0;
        after = key;
    }
    let more = keys.len() == STEP_KEYS as usize;
    Ok(Step { has_removed_keys, go_on_after: more.then_some(after) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::MIGRATIONS;
    use crate::sqlite::plan;
    use watchkeeper_domain::EventId;

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn
    }

    fn at(minute: u64) -> Timestamp {
        Timestamp::MIN.plus(MINUTE * u32::try_from(minute).unwrap())
    }

    fn count(conn: &Connection, service: &str, minutes: Range<u64>) {
        let mut counting = Counting::default();
        for minute in minutes {
            counting.add_stored(&Event {
                id: EventId::given("a"),
                occurred_at: at(minute),
                level: Level::Info,
                service: service.to_owned(),
                host: String::new(),
                message: String::new(),
                fields: watchkeeper_domain::event::Fields::new(),
            });
        }
        counting.write(conn, &mut KeyIds::default()).unwrap();
    }

    fn rows(conn: &Connection, table: &str) -> usize {
        conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn counts_are_looked_up_by_key_and_minute() {
        let plan = plan(&database(), COUNTS);
        assert!(plan[0].starts_with("SEARCH count_keys USING") && plan[0].contains("(name=?)"), "{plan:?}");
        assert_eq!(plan[1], "SEARCH counts USING PRIMARY KEY (key=? AND minute>? AND minute<?)");
    }

    #[test]
    fn a_step_of_pruning_removes_a_limited_number_of_counts_and_looks_at_a_limited_number_of_keys() {
        let conn = database();
        count(&conn, "busy", 0..STEP_COUNTS as u64 + 1);
        for service in 0..STEP_KEYS {
            count(&conn, &format!("s{service}"), 0..1);
        }
        let (mut after, mut left) = (Some(0), Vec::new());
        while let Some(key) = after {
            after = prune(&conn, at(STEP_COUNTS as u64 + 1), key).unwrap().go_on_after;
            left.push((rows(&conn, "counts"), rows(&conn, "count_keys")));
        }
        let keys = STEP_KEYS as usize;
        assert_eq!(left, [(keys + 1, keys + 1), (1, 1), (0, 0)]);
    }

    #[test]
    fn a_minute_is_kept_until_all_of_it_is_old() {
        let conn = database();
        count(&conn, "shop", 0..3);
        prune(&conn, at(2).minus(Duration::from_micros(1)), 0).unwrap();
        assert_eq!(rows(&conn, "counts"), 2);
        prune(&conn, at(2), 0).unwrap();
        assert_eq!(rows(&conn, "counts"), 1);
    }
}
