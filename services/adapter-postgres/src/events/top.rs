//! The most frequent values of a field.

use super::filter::{blank, reduced};
use super::names::Origins;
use super::names::{HOSTS, SERVICES, of_numbers};
use super::numbers::{By, OTHERS, count};
use super::rows::level;
use super::search::Sought;
use crate::database::Connection;
use crate::error::Error;
use std::collections::HashMap;
use tokio_postgres::Row;
use watchkeeper_domain::Event;
use watchkeeper_domain::event::Field;
use watchkeeper_ports::{Counted, EventQuery, Top, ValuesSeen};

/// What the value is read from, as text, and a number in its place.
impl By for (Option<String>, Option<i32>) {
    fn read(row: &Row, first: usize) -> Result<Self, Error> {
        Ok((row.try_get(first)?, row.try_get(first + 1)?))
    }

    fn text_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, String::len)
    }
}

/// The `limit` most frequent values among the matching events.
pub(super) async fn top(
    connection: &mut Connection,
    origins: Origins<'_>,
    query: &EventQuery,
    field: &Field,
    limit: usize,
) -> Result<Counted<Top>, Error> {
    let mut sought = Sought::of(connection, origins, &query.filter, query.time.clone(), OTHERS).await?;
    let (text, number) = match field {
        Field::Id => ("e.id::text".to_owned(), "NULL::integer"),
        Field::Message => ("e.message".to_owned(), "NULL::integer"),
        Field::Level => ("NULL::text".to_owned(), "e.level::integer"),
        Field::Service => ("NULL::text".to_owned(), "e.service_id"),
        Field::Host => ("NULL::text".to_owned(), "e.host_id"),
        Field::Other(path) => (format!("{}::text", reduced(path, &mut sought.params)), "NULL::integer"),
    };
    let mut numbers: HashMap<(Option<String>, Option<i32>), u64> = HashMap::new();
    let ended = count(connection, &sought, [&text, number], |key, events| {
        *numbers.entry(key).or_default() += events;
    })
    .await?;
    let names = names(connection, field, &numbers).await?;
    let mut seen = ValuesSeen::default();
    for ((text, number), events) in numbers {
        let event = event(field, text, number, &names)?;
        let values = field.values(&event);
        if values.is_empty() {
            seen.add_without(events);
        }
        for value in &values {
            seen.add(value, events);
        }
    }
    Ok(Counted { found: seen.top(limit), since: ended.unwrap_or(query.time.start) })
}

/// The names of services or hosts by number.
async fn names(
    connection: &Connection,
    field: &Field,
    numbers: &HashMap<(Option<String>, Option<i32>), u64>,
) -> Result<HashMap<i32, String>, Error> {
    let table = match field {
        Field::Service => SERVICES,
        Field::Host => HOSTS,
        _ => return Ok(HashMap::new()),
    };
    let ids: Vec<_> = numbers.keys().filter_map(|(_, id)| *id).collect();
    of_numbers(connection, table, &ids).await
}

/// An event that has the values of this field, and nothing else.
fn event(
    field: &Field,
    text: Option<String>,
    number: Option<i32>,
    names: &HashMap<i32, String>,
) -> Result<Event, Error> {
    let text = text.unwrap_or_default();
    let name = || number.and_then(|id| names.get(&id)).cloned().unwrap_or_default();
    Ok(match field {
        Field::Id => Event { id: text.parse().map_err(broken)?, ..blank() },
        Field::Message => Event { message: text, ..blank() },
        Field::Level => {
            let number = i16::try_from(number.unwrap_or_default()).map_err(broken)?;
            Event { level: level(number)?, ..blank() }
        }
        Field::Service => Event { service: name(), ..blank() },
        Field::Host => Event { host: name(), ..blank() },
        Field::Other(_) => Event { fields: serde_json::from_str(&text).map_err(broken)?, ..blank() },
    })
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::Broken(format!("the value of a field cannot be read: {error}"))
}
