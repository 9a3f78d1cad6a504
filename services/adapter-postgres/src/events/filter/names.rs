//! The numbers of the services and hosts that a filter names.

use super::{Sql, blank};
use crate::database::Connection;
use crate::error::Error;
use crate::events::names::{Origins, all};
use watchkeeper_domain::Event;
use watchkeeper_domain::event::{Condition, Field, Test};

/// Most names that a pattern is tried on; if there are more, events are checked instead.
const MAX_TRIED: usize = 50_000;

/// The numbers of the names that pass each test of services and hosts in a filter; `None` for a test of too many names.
#[derive(Default)]
pub(in crate::events) struct Numbers {
    found: Vec<(Field, Test, Option<Vec<i32>>)>,
}

impl Numbers {
    /// Looks them up.
    pub(in crate::events) async fn find(
        connection: &Connection,
        origins: Origins<'_>,
        condition: &Condition,
    ) -> Result<Self, Error> {
        let mut tests = Vec::new();
        collect(condition, &mut tests);
        let mut numbers = Self::default();
        for (field, test) in tests {
            if !numbers.has(field, test) {
                let found = passing(connection, origins, field, test).await?;
                numbers.found.push((field.clone(), test.clone(), found));
            }
        }
        Ok(numbers)
    }

    fn has(&self, field: &Field, test: &Test) -> bool {
        self.found.iter().any(|(of, known, _)| of == field && known == test)
    }

    pub(super) fn of(&self, field: &Field, test: &Test) -> Option<&[i32]> {
        self.found.iter().find(|(of, known, _)| of == field && known == test)?.2.as_deref()
    }
}

fn collect<'c>(condition: &'c Condition, tests: &mut Vec<(&'c Field, &'c Test)>) {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => {
            for condition in conditions {
                collect(condition, tests);
            }
        }
        Condition::Not(condition) => collect(condition, tests),
        Condition::Field(field @ (Field::Service | Field::Host), test) => tests.push((field, test)),
        Condition::Field(..) | Condition::Contains(_) => {}
    }
}

async fn passing(
    connection: &Connection,
    Origins { services, hosts }: Origins<'_>,
    field: &Field,
    test: &Test,
) -> Result<Option<Vec<i32>>, Error> {
    let names = if *field == Field::Service { services } else { hosts };
    if let Test::Equals(name) = test
        && !name.is_empty()
    {
        return Ok(Some(names.number(connection, name).await?.into_iter().collect()));
    }
    let names = all(connection, names.table(), MAX_TRIED + 1).await?;
    if names.len() > MAX_TRIED {
        return Ok(None);
    }
    let condition = Condition::Field(field.clone(), test.clone());
    let passes = |name: String| {
        condition.holds(&match field {
            Field::Service => Event { service: name, ..blank() },
            _ => Event { host: name, ..blank() },
        })
    };
    Ok(Some(names.into_iter().filter_map(|(id, name)| passes(name).then_some(id)).collect()))
}

/// The condition that the service or host is one of these.
pub(super) fn among(field: &Field, ids: &[i32]) -> Sql {
    let column = if *field == Field::Service { "e.service_id" } else { "e.host_id" };
    match ids {
        [] => Sql::FALSE,
        [id] => Sql::of(format!("{column} = {id}")),
        _ => {
            let list: Vec<_> = ids.iter().map(i32::to_string).collect();
            Sql::of(format!("{column} IN ({})", list.join(", ")))
        }
    }
}
