//! Conditions on messages.

use super::{Bounds, Params, Sql};
use watchkeeper_domain::event::Test;

/// The two characters that become ASCII in lower case: `K` (Kelvin) becomes `k`, and `İ` becomes `i` and a dot.
const KELVIN: char = '\u{212a}';
const DOTTED_I: char = '\u{130}';

/// The message contains `text`, in upper or lower case. The column's collation knows lower case in ASCII alone.
pub(super) fn contains(text: &str, params: &mut Params) -> Bounds {
    if text.is_empty() {
        return Bounds::exact(Sql::TRUE);
    }
    let lower = text.to_lowercase();
    let part = longest_ascii(&lower);
    if part.is_empty() {
        return Bounds::within(Sql::TRUE);
    }
    // In this form, an index of trigrams is used, if an operator has made one.
    let around = params.text(pattern(&[String::new(), part.to_owned(), String::new()]));
    let found = Sql::of(format!("lower(e.message) LIKE {around}"));
    let mut may = vec![found.clone()];
    for (becomes_ascii, concerned) in [(KELVIN, part.contains('k')), (DOTTED_I, part.ends_with('i'))] {
        if concerned {
            let odd = params.text(becomes_ascii);
            may.push(Sql::of(format!("strpos(e.message, {odd}) > 0")));
        }
    }
    let must = if part.len() == lower.len() { found } else { Sql::FALSE };
    Bounds { must, may: Sql::any(may) }
}

fn longest_ascii(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii()).max_by_key(|part| part.len()).unwrap_or_default()
}

/// The message passes a test.
pub(super) fn passes(test: &Test, params: &mut Params) -> Bounds {
    let exists = || Sql::of("e.message <> ''".to_owned());
    match test {
        Test::Exists => Bounds::exact(exists()),
        Test::Equals(value) if value.is_empty() => Bounds::exact(Sql::FALSE),
        Test::Equals(value) => {
            let value = params.text(value.as_str());
            Bounds::exact(Sql::of(format!("e.message = {value}")))
        }
        Test::Like(parts) => {
            let pattern = params.text(pattern(parts));
            let is_like = Sql::of(format!("e.message LIKE {pattern}"));
            Bounds::exact(Sql::all(vec![exists(), is_like]))
        }
        Test::Matches(_) | Test::Compare(..) => Bounds::within(exists()),
    }
}

/// A pattern for LIKE: the parts, in this order, with any text between them.
pub(super) fn pattern(parts: &[String]) -> String {
    let mut pattern = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            pattern.push('%');
        }
        for c in part.chars() {
            if matches!(c, '\\' | '%' | '_') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, String) {
        let Bounds { must, may } = contains(text, &mut Params::after(4));
        (must.to_string(), may.to_string())
    }

    #[test]
    fn text_of_ascii_is_found_by_sql_alone() {
        let found = "lower(e.message) LIKE $5".to_owned();
        assert_eq!(of("Timed out"), (found.clone(), found));
    }

    #[test]
    fn characters_that_become_ascii_in_lower_case_are_looked_at() {
        let found = "lower(e.message) LIKE $5";
        let or_kelvin = format!("({found} OR strpos(e.message, $6) > 0)");
        assert_eq!(of("disk"), (found.to_owned(), or_kelvin.clone()));
        assert_eq!(of("Wifi"), (found.to_owned(), or_kelvin));
        assert_eq!("K\u{130}".to_lowercase(), "ki\u{307}");
    }

    #[test]
    fn of_other_text_the_longest_part_of_ascii_is_found_and_the_rest_checked() {
        assert_eq!(of("für größe"), ("false".to_owned(), "lower(e.message) LIKE $5".to_owned()));
        assert_eq!(longest_ascii("für größe"), "r gr");
        assert_eq!(of("ä"), ("false".to_owned(), "true".to_owned()));
    }

    #[test]
    fn a_pattern_means_its_characters() {
        assert_eq!(pattern(&["50%".into(), "a_b\\".into(), String::new()]), "50\\%%a\\_b\\\\%");
    }
}
