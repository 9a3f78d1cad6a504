//! The terms of a query: what a link adds, and what it removes.

use watchkeeper_domain::Level;
use watchkeeper_domain::event::{Comparison, Condition, EventFilter, Field, Operand, Test};

/// The terms of a query, which must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Terms(Vec<Condition>);

impl Terms {
    pub(crate) fn of(filter: &EventFilter) -> Self {
        Self(match filter.condition() {
            Condition::All(terms) => terms.clone(),
            other => vec![other.clone()],
        })
    }

    /// The query of these terms alone.
    pub(crate) fn query(&self) -> String {
        EventFilter::from(Condition::All(self.0.clone())).to_string()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }

    pub(crate) fn has(&self, term: &Condition) -> bool {
        self.0.contains(term)
    }

    /// With `term`, and without its opposite.
    #[must_use]
    pub(crate) fn with(&self, term: Condition) -> Self {
        if self.has(&term) {
            return self.clone();
        }
        let mut terms = self.without(&opposite(&term));
        terms.0.push(term);
        terms
    }

    #[must_use]
    pub(crate) fn without(&self, term: &Condition) -> Self {
        Self(self.0.iter().filter(|one| *one != term).cloned().collect())
    }

    /// With events of this level and above alone; of all levels without one.
    #[must_use]
    pub(crate) fn with_least_level(&self, level: Option<Level>) -> Self {
        let is_level = |term: &&Condition| matches!(term, Condition::Field(Field::Level, _));
        let mut terms: Vec<_> = self.0.iter().filter(|term| !is_level(term)).cloned().collect();
        terms.extend(level.map(|level| {
            Condition::Field(Field::Level, Test::Compare(Comparison::AtLeast, Operand::Level(level)))
        }));
        Self(terms)
    }

    /// The level from which on events are selected, if that is the only term about levels.
    pub(crate) fn level(&self) -> Option<Level> {
        let mut found = self.0.iter().filter_map(|term| match term {
            Condition::Field(Field::Level, Test::Compare(Comparison::AtLeast, Operand::Level(level))) => {
                Some(Some(*level))
            }
            Condition::Field(Field::Level, _) => Some(None),
            _ => None,
        });
        match (found.next(), found.next()) {
            (Some(level), None) => level,
            _ => None,
        }
    }

    /// Whether a term is about levels.
    pub(crate) fn is_about_levels(&self) -> bool {
        self.0.iter().any(|term| matches!(term, Condition::Field(Field::Level, _)))
    }

    /// The only value that `field` may have.
    pub(crate) fn value(&self, field: &Field) -> Option<&str> {
        self.0.iter().find_map(|term| match term {
            Condition::Field(of, Test::Equals(value)) if of == field => Some(value.as_str()),
            _ => None,
        })
    }
}

/// The term that selects events whose `field` has this value.
pub(crate) fn equals(field: Field, value: impl Into<String>) -> Condition {
    Condition::Field(field, Test::Equals(value.into()))
}

/// The term that selects all other events.
pub(crate) fn opposite(term: &Condition) -> Condition {
    match term {
        Condition::Not(term) => (**term).clone(),
        term => Condition::Not(Box::new(term.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(query: &str) -> Terms {
        Terms::of(&query.parse().unwrap())
    }

    #[test]
    fn a_term_is_added_once_and_in_place_of_its_opposite() {
        let shop = equals(Field::Service, "shop");
        assert_eq!(terms("").with(shop.clone()).query(), "service=shop");
        assert_eq!(terms("service=shop timeout").with(shop.clone()).query(), "service=shop timeout");
        let others = terms("timeout service=shop").with(opposite(&shop));
        assert_eq!(others, terms("timeout -service=shop"));
        assert_eq!(others.with(shop.clone()), terms("timeout service=shop"));
        assert_eq!(terms("timeout service=shop").without(&shop).query(), "timeout");
    }

    #[test]
    fn a_term_holds_beside_all_of_an_alternative() {
        let query = terms("a OR b").with(equals(Field::Host, "web 1"));
        assert_eq!(query, terms(r#"(a OR b) host="web 1""#));
        assert_eq!(query.without(&equals(Field::Host, "web 1")), terms("a OR b"));
    }

    #[test]
    fn a_level_takes_the_place_of_another() {
        let warn = terms("x level=error").with_least_level(Some(Level::Warn));
        assert_eq!((warn.query().as_str(), warn.level()), ("x level>=warn", Some(Level::Warn)));
        assert_eq!(warn.with_least_level(None).query(), "x");
        assert_eq!(terms("level>=warn level<=error").level(), None);
        assert_eq!(terms("level=warn").level(), None);
    }

    #[test]
    fn the_value_of_a_field_is_known_from_its_term() {
        let found = terms("service=shop x");
        assert_eq!(found.value(&Field::Service), Some("shop"));
        assert_eq!(terms("-service=shop").value(&Field::Service), None);
    }
}
