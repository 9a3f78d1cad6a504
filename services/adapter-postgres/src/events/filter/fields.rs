//! Conditions on the fields that events bring, in SQL/JSON path.
//!
//! In its lax mode a path goes through lists on its way, one list deep. Lists of lists are left to the check of the event.

use super::{Bounds, Params, Sql};
use tokio_postgres::types::Type;
use watchkeeper_domain::event::{Comparison, Operand, Test};

/// A path with more dots is not translated: each doubles the places where the field may be.
const MAX_DOTS: usize = 3;
/// From here on, not every whole number is a 64-bit float.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Numbers as text that mean the same in SQL.
const PLAIN_NUMBER: &str = r#""^[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)$""#;
/// Text that may be another number.
const ODD_NUMBER: &str = r#""[0-9]|inf|nan" flag "i""#;

/// A value of the field at `path` passes a test.
pub(super) fn passes(path: &str, test: &Test, params: &mut Params) -> Bounds {
    if matches!(test, Test::Compare(_, Operand::Level(_))) {
        return Bounds::exact(Sql::FALSE);
    }
    let Some(places) = places(path) else { return Bounds::within(Sql::TRUE) };
    let query = Query { places, params };
    match test {
        Test::Exists => query.exists(),
        Test::Equals(value) => query.equals(value),
        Test::Like(parts) => query.resembles(parts),
        Test::Compare(comparison, Operand::Number(number)) => query.compares(*comparison, *number),
        Test::Matches(_) | Test::Compare(_, Operand::Level(_)) => Bounds::within(query.may_exist()),
    }
}

/// Where a field may be: `a.b` is field `b` in object `a`, or a field named `a.b`.
fn places(path: &str) -> Option<Vec<Vec<&str>>> {
    if path.matches('.').count() > MAX_DOTS {
        return None;
    }
    let mut places = vec![vec![path]];
    for (dot, _) in path.match_indices('.') {
        for mut place in self::places(&path[dot + 1..])? {
            place.insert(0, &path[..dot]);
            places.push(place);
        }
    }
    Some(places)
}

struct Query<'q, 'p> {
    places: Vec<Vec<&'q str>>,
    params: &'p mut Params,
}

impl Query<'_, '_> {
    fn equals(self, text: &str) -> Bounds {
        let number = serde_json::from_str::<serde_json::Number>(text).ok();
        let is_plain = match &number {
            Some(number) => number.to_string() == text && !text.contains('e'),
            None => !text.starts_with(['[', '{']),
        };
        if is_plain && self.have_no_index() {
            return self.equals_shown(text);
        }
        let mut literals = vec![quoted(text)];
        literals.extend(matches!(text, "true" | "false").then(|| text.to_owned()));
        let must = self.each(|at| literals.iter().map(|literal| format!("{at} == {literal}")).collect());
        // As written, and as the nearest number of 64 bit.
        literals.extend(number.as_ref().map(ToString::to_string));
        let nearest = number.and_then(|number| number.as_f64()).filter(|number| number.is_finite());
        literals.extend(nearest.map(|number| number.to_string()));
        let may = self.each(|at| literals.iter().map(|literal| format!("{at} == {literal}")).collect());
        self.between(must, may)
    }

    /// The value as text is `text`, which no list and no object is: quicker than a path.
    fn equals_shown(self, text: &str) -> Bounds {
        let text = self.params.text(text);
        let (mut must, mut lists) = (Vec::new(), Vec::new());
        let mut seen: Vec<&[&str]> = Vec::new();
        for place in &self.places {
            let value = match place.as_slice() {
                [only] => format!("e.fields->>{}", self.params.text(*only)),
                keys => format!("e.fields#>>{}", self.params.add(owned(keys), Type::TEXT_ARRAY)),
            };
            must.push(format!("{value} = {text}"));
            for end in 1..=place.len() {
                let part = &place[..end];
                if !seen.contains(&part) {
                    seen.push(part);
                    let value = match part {
                        [only] => format!("e.fields->{}", self.params.text(*only)),
                        keys => format!("e.fields#>{}", self.params.add(owned(keys), Type::TEXT_ARRAY)),
                    };
                    lists.push(format!("jsonb_typeof({value}) = 'array'"));
                }
            }
        }
        let must = must.join(" OR ");
        let may = format!("({must} OR {}) IS TRUE", lists.join(" OR "));
        Bounds { must: Sql::of(format!("({must}) IS TRUE")), may: Sql::of(may) }
    }

    /// Whether no name on the way is a number, which `#>` would take for the index of a list.
    fn have_no_index(&self) -> bool {
        let has_index = |place: &Vec<&str>| place.iter().any(|key| key.trim().parse::<i64>().is_ok());
        !self.places.iter().any(|place| place.len() > 1 && has_index(place))
    }

    fn resembles(self, parts: &[String]) -> Bounds {
        let pattern: Vec<_> = parts.iter().map(|part| escaped(part)).collect();
        let pattern = quoted(&format!("^{}$", pattern.join(".*")));
        let must = self.each(|at| vec![format!("{at} like_regex {pattern} flag \"s\"")]);
        let mut may = must.clone();
        // Numbers, true and false have no other letters.
        if parts.iter().flat_map(|part| part.chars()).all(|c| "0123456789.+-truefals".contains(c)) {
            may.extend(self.each(|at| vec![of_type(at, "number"), of_type(at, "boolean")]));
        }
        self.between(must, may)
    }

    fn compares(self, comparison: Comparison, number: f64) -> Bounds {
        if number.is_nan() || number.abs() >= MAX_EXACT {
            return Bounds::within(self.may_exist());
        }
        let sign = match comparison {
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
        };
        let must = self.each(|at| {
            vec![
                format!("{at} {sign} {number}"),
                format!("exists({at} ? (@ like_regex {PLAIN_NUMBER}).double() ? (@ {sign} {number}))"),
            ]
        });
        let mut may = must.clone();
        may.extend(self.each(|at| {
            vec![format!("exists({at} ? (@ like_regex {ODD_NUMBER} && !(@ like_regex {PLAIN_NUMBER})))")]
        }));
        self.between(must, may)
    }

    fn exists(self) -> Bounds {
        let must =
            self.each(|at| ["string", "number", "boolean", "object"].map(|name| of_type(at, name)).into());
        let may = self.each(|at| vec![format!("{at}[*].type() != \"null\"")]);
        self.between(must, may)
    }

    fn may_exist(self) -> Sql {
        self.exists().may
    }

    /// A condition for each place.
    fn each(&self, condition: impl Fn(&str) -> Vec<String>) -> Vec<String> {
        self.places.iter().flat_map(|place| condition(&accessor(place))).collect()
    }

    /// The bounds by paths; wherever there is a list of lists, the event is checked.
    fn between(self, must: Vec<String>, mut may: Vec<String>) -> Bounds {
        let mut ways: Vec<_> = self
            .places
            .iter()
            .flat_map(|place| (1..=place.len()).map(|end| accessor(&place[..end])))
            .collect();
        ways.sort_unstable();
        ways.dedup();
        may.extend(ways.iter().map(|way| of_type(way, "array")));
        let mut condition = |parts: Vec<String>| {
            let path = self.params.text(format!("$ ? ({})", parts.join(" || ")));
            Sql::of(format!("jsonb_path_exists(e.fields, {path}::jsonpath)"))
        };
        Bounds { must: condition(must), may: condition(may) }
    }
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// The path from the fields to a place.
fn accessor(place: &[&str]) -> String {
    let keys: Vec<_> = place.iter().map(|key| quoted(key)).collect();
    format!("@.{}", keys.join("."))
}

/// The value, or an item of the list, has this type.
fn of_type(at: &str, name: &str) -> String {
    format!("{at}[*].type() == \"{name}\"")
}

/// Text in a path, which is written as in JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Text in a regular expression, where it means itself.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !c.is_ascii_control() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// An SQL expression of an object that has the same values at `path` as the fields, and little else.
pub(in crate::events) fn reduced(path: &str, params: &mut Params) -> String {
    if path.matches('.').count() > MAX_DOTS { "e.fields".to_owned() } else { part("e.fields", path, params) }
}

fn part(object: &str, path: &str, params: &mut Params) -> String {
    let key = params.text(path);
    let mut parts = vec![format!("{key}::text, {object}->{key}")];
    for (dot, _) in path.match_indices('.') {
        let key = params.text(&path[..dot]);
        let value = format!("({object}->{key})");
        let inner = part(&value, &path[dot + 1..], params);
        parts.push(format!(
            "{key}::text, CASE jsonb_typeof({value}) WHEN 'object' THEN {inner} WHEN 'array' THEN {value} END"
        ));
    }
    format!("jsonb_build_object({})", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, test: &Test) -> (String, String) {
        let Bounds { must, may } = passes(path, test, &mut Params::after(4));
        (must.to_string(), may.to_string())
    }

    #[test]
    fn a_dotted_name_is_searched_in_every_place() {
        let expected: [&[&str]; 4] = [&["a.b.c"], &["a", "b.c"], &["a", "b", "c"], &["a.b", "c"]];
        assert_eq!(places("a.b.c").unwrap(), expected);
        assert!(places("a.b.c.d").is_some());
        assert_eq!(places("a.b.c.d.e"), None);
        assert_eq!(of("a.b.c.d.e", &Test::Exists), ("false".to_owned(), "true".to_owned()));
    }

    #[test]
    fn equality_is_that_of_the_value_as_text_unless_it_is_a_list() {
        let (must, may) = of("status", &Test::Equals("500".into()));
        assert_eq!(must, "(e.fields->>$6 = $5) IS TRUE");
        assert_eq!(may, "(e.fields->>$6 = $5 OR jsonb_typeof(e.fields->$7) = 'array') IS TRUE");
        let (must, _) = of("a.b", &Test::Equals("x".into()));
        assert_eq!(must, "(e.fields->>$6 = $5 OR e.fields#>>$8 = $5) IS TRUE");
    }

    #[test]
    fn numbers_that_are_shown_in_another_way_and_lists_as_text_take_the_path() {
        for text in ["1e-7", "0.0000001", "1e16", "100000000000000000000", "[1]", "{}"] {
            let (must, _) = of("a", &Test::Equals(text.into()));
            assert_eq!(must, "jsonb_path_exists(e.fields, $5::jsonpath)", "{text}");
        }
        let (must, _) = of("a.0", &Test::Equals("x".into()));
        assert!(must.starts_with("jsonb_path_exists"), "0 would be the index of a list: {must}");
    }

    #[test]
    fn text_in_a_pattern_means_itself() {
        assert_eq!(escaped("a.b*[ä]\n"), "a\\.b\\*\\[ä\\]\n");
        assert_eq!(quoted("a\"\\\u{1}"), r#""a\"\\\u0001""#);
    }

    #[test]
    fn a_reduced_object_has_what_the_path_needs() {
        let mut params = Params::after(0);
        assert_eq!(reduced("a", &mut params), "jsonb_build_object($1::text, e.fields->$1)");
        assert_eq!(reduced("a.b.c.d.e", &mut params), "e.fields");
    }
}
