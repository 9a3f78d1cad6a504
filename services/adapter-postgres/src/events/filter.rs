//! Filters as conditions in SQL.
//!
//! SQL cannot say all of a filter: regular expressions differ, and so does lower case beyond ASCII. Each condition
//! becomes two, between which it lies: one that holds only for events that match, and one that holds for all of them.
//! Events of which the second holds but not the first are checked one by one; mostly there are none. Negation swaps the
//! two, so that an event without a field is found by what it is not, too.

mod fields;
mod messages;
mod names;
mod params;
mod sql;

pub(super) use fields::reduced;
pub(super) use names::Numbers;
pub(super) use params::Params;
pub(super) use sql::Sql;

use crate::uuid::Uuid;
use tokio_postgres::types::Type;
use watchkeeper_domain::event::{Condition, Field, Fields, Test};
use watchkeeper_domain::{Event, EventId, Level, Timestamp};

/// Between which conditions a condition lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Holds only for events that match.
    pub(super) must: Sql,
    /// Holds for all events that match.
    pub(super) may: Sql,
}

impl Bounds {
    fn exact(sql: Sql) -> Self {
        Self { must: sql.clone(), may: sql }
    }

    /// Every matching event is checked.
    fn within(may: Sql) -> Self {
        Self { must: Sql::FALSE, may }
    }

    /// Whether no event need be checked.
    pub(super) fn are_exact(&self) -> bool {
        self.must == self.may
    }
}

/// The bounds of a condition on the table `e`, with the numbers of names.
pub(super) fn bounds(condition: &Condition, numbers: &Numbers, params: &mut Params) -> Bounds {
    match condition {
        Condition::All(conditions) => of_all(conditions, numbers, params, Sql::all),
        Condition::Any(conditions) => of_all(conditions, numbers, params, Sql::any),
        Condition::Not(condition) => {
            let Bounds { must, may } = bounds(condition, numbers, params);
            Bounds { must: may.not(), may: must.not() }
        }
        Condition::Contains(text) => messages::contains(text, params),
        Condition::Field(field, test) => match field {
            Field::Id => id(test, params),
            Field::Level => Bounds::exact(level(test)),
            Field::Service | Field::Host => match numbers.of(field, test) {
                Some(ids) => Bounds::exact(names::among(field, ids)),
                None => Bounds::within(Sql::TRUE),
            },
            Field::Message => messages::passes(test, params),
            Field::Other(path) => fields::passes(path, test, params),
        },
    }
}

fn of_all(
    conditions: &[Condition],
    numbers: &Numbers,
    params: &mut Params,
    join: fn(Vec<Sql>) -> Sql,
) -> Bounds {
    let (must, may) = conditions
        .iter()
        .map(|condition| bounds(condition, numbers, params))
        .map(|Bounds { must, may }| (must, may))
        .unzip();
    Bounds { must: join(must), may: join(may) }
}

/// Levels are few: each is tried.
fn level(test: &Test) -> Sql {
    let condition = Condition::Field(Field::Level, test.clone());
    let passes = |level: &Level| condition.holds(&Event { level: *level, ..blank() });
    let passing: Vec<_> =
        Level::ALL.iter().filter(|level| passes(level)).map(|level| level.number()).collect();
    let most = Level::ALL.len();
    match passing.as_slice() {
        [] => Sql::FALSE,
        all if all.len() == most => Sql::TRUE,
        [only] => Sql::of(format!("e.level = {only}")),
        // Said in this way, an index on severe events is found.
        [least, ..] if usize::from(*least) + passing.len() == most => Sql::of(format!("e.level >= {least}")),
        _ => {
            let list: Vec<_> = passing.iter().map(u8::to_string).collect();
            Sql::of(format!("e.level IN ({})", list.join(", ")))
        }
    }
}

fn id(test: &Test, params: &mut Params) -> Bounds {
    match test {
        Test::Exists => Bounds::exact(Sql::TRUE),
        Test::Equals(value) => match value.parse::<EventId>() {
            Ok(id) if id.to_string() == *value => {
                let id = params.add(Uuid(id), Type::UUID);
                Bounds::exact(Sql::of(format!("e.id = {id}")))
            }
            _ => Bounds::exact(Sql::FALSE),
        },
        Test::Like(parts) => {
            let pattern = params.text(messages::pattern(parts));
            Bounds::exact(Sql::of(format!("e.id::text LIKE {pattern}")))
        }
        Test::Matches(_) => Bounds::within(Sql::TRUE),
        Test::Compare(..) => Bounds::exact(Sql::FALSE),
    }
}

/// An event with nothing in it, to try conditions on.
pub(super) fn blank() -> Event {
    Event {
        id: EventId::from_u128(0),
        occurred_at: Timestamp::MIN,
        level: Level::Unknown,
        service: String::new(),
        host: String::new(),
        message: String::new(),
        fields: Fields::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::event::{Comparison, Operand};

    fn of(condition: &Condition) -> Bounds {
        bounds(condition, &Numbers::default(), &mut Params::after(4))
    }

    fn level(comparison: Comparison, than: Level) -> Condition {
        Condition::Field(Field::Level, Test::Compare(comparison, Operand::Level(than)))
    }

    fn exact(sql: &str) -> Bounds {
        Bounds::exact(Sql::of(sql.to_owned()))
    }

    #[test]
    fn a_level_is_said_in_the_way_in_which_an_index_is_found() {
        for (condition, expected) in [
            (level(Comparison::AtLeast, Level::Warn), "e.level >= 5"),
            (level(Comparison::Greater, Level::Alert), "e.level = 9"),
            (level(Comparison::Less, Level::Debug), "e.level = 1"),
            (level(Comparison::AtMost, Level::Debug), "e.level IN (1, 2)"),
            (Condition::Field(Field::Level, Test::Exists), "e.level >= 1"),
            (Condition::Field(Field::Level, Test::Equals("unknown".into())), "e.level = 0"),
        ] {
            assert_eq!(of(&condition), exact(expected));
        }
        assert_eq!(of(&level(Comparison::Greater, Level::Emergency)), Bounds::exact(Sql::FALSE));
    }

    #[test]
    fn negation_swaps_what_must_and_what_may_match() {
        let odd = Condition::Contains("É".into());
        assert_eq!(of(&odd), Bounds { must: Sql::FALSE, may: Sql::TRUE });
        assert_eq!(of(&Condition::Not(Box::new(odd.clone()))), Bounds { must: Sql::FALSE, may: Sql::TRUE });
        let error = level(Comparison::AtLeast, Level::Error);
        let both = Condition::All(vec![error.clone(), odd.clone()]);
        assert_eq!(of(&both), Bounds { must: Sql::FALSE, may: Sql::of("e.level >= 6".into()) });
        let neither = Condition::Not(Box::new(Condition::Any(vec![error, odd])));
        assert_eq!(of(&neither), Bounds { must: Sql::FALSE, may: Sql::of("NOT (e.level >= 6)".into()) });
    }

    #[test]
    fn an_empty_list_is_all_or_none() {
        assert_eq!(of(&Condition::All(Vec::new())), Bounds::exact(Sql::TRUE));
        assert_eq!(of(&Condition::Any(Vec::new())), Bounds::exact(Sql::FALSE));
    }
}
