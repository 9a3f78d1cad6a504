//! The search field, what is wrong in it, and what it can be narrowed by.

use crate::events::{Search, Terms};
use crate::format::cut;
use watchkeeper_domain::event::{Condition, FilterError};
use watchkeeper_domain::{EventFilter, Level};

/// Longest text of a term on the page, in characters.
const SHOWN_CHARS: usize = 80;
/// The levels from which on events can be shown.
const LEVELS: [Level; 5] = [Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Critical];

pub(super) struct SearchForm {
    pub(super) query: String,
    /// Parameters that the form keeps.
    pub(super) kept: Vec<(String, String)>,
    /// The same range without a query, if there is one.
    pub(super) all: Option<String>,
    pub(super) error: Option<QueryError>,
    /// The terms, each with a link that removes it; none if there is only one.
    pub(super) chips: Vec<Chip>,
    pub(super) levels: Vec<LevelChoice>,
}

/// What is wrong with the query, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct QueryError {
    pub(super) reason: String,
    /// The query: before, at and after the place.
    pub(super) before: String,
    pub(super) fault: String,
    pub(super) after: String,
}

pub(super) struct Chip {
    pub(super) text: String,
    pub(super) without: String,
}

pub(super) struct LevelChoice {
    pub(super) title: String,
    pub(super) link: String,
    pub(super) is_current: bool,
}

impl SearchForm {
    pub(super) fn new(search: &Search, filter: Result<&EventFilter, &FilterError>) -> Self {
        let terms = filter.map(Terms::of);
        let all = search.with_query(String::new());
        Self {
            query: search.query.clone(),
            kept: all.parameters(),
            all: (!search.query.is_empty()).then(|| all.link("/events")),
            error: filter.err().map(|error| QueryError::new(&search.query, error)),
            chips: terms.as_ref().map(|terms| chips(search, terms)).unwrap_or_default(),
            levels: terms.map(|terms| levels(search, &terms)).unwrap_or_default(),
        }
    }
}

impl QueryError {
    /// Marks the word at the place, or the end of the query.
    fn new(query: &str, error: &FilterError) -> Self {
        let at = (0..=error.at.min(query.len())).rev().find(|at| query.is_char_boundary(*at));
        let (before, rest) = query.split_at(at.unwrap_or_default());
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        // At a blank, that is what is marked.
        let end = if end == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { end };
        let (fault, after) = rest.split_at(end);
        let fault = if fault.is_empty() { "(end)" } else { fault };
        Self {
            reason: error.reason.clone(),
            before: before.to_owned(),
            fault: fault.to_owned(),
            after: after.to_owned(),
        }
    }
}

fn chips(search: &Search, terms: &Terms) -> Vec<Chip> {
    let all: Vec<&Condition> = terms.iter().collect();
    if all.len() < 2 {
        return Vec::new();
    }
    let chip = |term: &Condition| Chip {
        text: cut(&term.to_string(), SHOWN_CHARS),
        without: search.with_query(terms.without(term).query()).link("/events"),
    };
    all.into_iter().map(chip).collect()
}

fn levels(search: &Search, terms: &Terms) -> Vec<LevelChoice> {
    let current = terms.level();
    let choice = |level: Option<Level>| LevelChoice {
        title: level.map_or_else(|| "all levels".to_owned(), |level| format!("{level}+")),
        link: search.with_query(terms.with_least_level(level).query()).link("/events"),
        is_current: if level.is_none() { !terms.is_about_levels() } else { level == current },
    };
    [None].into_iter().chain(LEVELS.map(Some)).map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(query: &str) -> SearchForm {
        let search = Search::of(query.to_owned());
        let filter = search.filter();
        SearchForm::new(&search, filter.as_ref())
    }

    #[test]
    fn the_place_of_an_error_is_marked() {
        let marked = |query: &str, at| {
            let QueryError { before, fault, after, .. } =
                QueryError::new(query, &FilterError { reason: String::new(), at });
            [before, fault, after]
        };
        assert_eq!(marked("a level>=wran b", 2), ["a ", "level>=wran", " b"]);
        assert_eq!(marked("a OR", 4), ["a OR", "(end)", ""]);
        assert_eq!(marked("a  b", 1), ["a", " ", " b"]);
        assert_eq!(marked("käse", 2), ["k", "äse", ""]);
        assert_eq!(marked("", 99), ["", "(end)", ""]);
    }

    #[test]
    fn a_level_is_chosen_and_given_up_again() {
        let found = form("shop level>=warn");
        let chosen: Vec<_> = found.levels.iter().filter(|level| level.is_current).collect();
        assert_eq!((chosen.len(), chosen[0].title.as_str()), (1, "warn+"));
        assert_eq!(found.levels[0].link, "/events?query=shop");
        assert_eq!(found.levels[4].link, "/events?query=shop+level%3E%3Derror");
        assert!(form("").levels[0].is_current);
        assert!(form("level=warn").levels.iter().all(|level| !level.is_current));
    }

    #[test]
    fn each_of_several_terms_can_be_removed() {
        let links: Vec<_> =
            form("a -b service=c").chips.into_iter().map(|chip| (chip.text, chip.without)).collect();
        let expected = [
            ("a", "/events?query=-b+service%3Dc"),
            ("-b", "/events?query=a+service%3Dc"),
            ("service=c", "/events?query=a+-b"),
        ];
        assert_eq!(links, expected.map(|(text, link)| (text.to_owned(), link.to_owned())));
        assert!(form("a").chips.is_empty());
    }
}
