//! Shows a query in the language in which it is read.

use super::term::IN_NAMES;
use super::{Comparison, Condition, EventFilter, Field, Operand, Test};
use std::fmt::{self, Display, Formatter, Write as _};

/// Other characters than letters and digits of texts and values that are shown unquoted.
const UNQUOTED: &str = "_./@%+,#-";

/// Parses back to the same filter.
impl Display for EventFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Condition::All(conditions) if conditions.is_empty() => Ok(()),
            condition => condition.fmt(f),
        }
    }
}

/// As the whole of a query.
impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any(conditions) if conditions.len() > 1 => {
                joined(f, conditions, " OR ", Self::fmt_alternative)
            }
            condition => condition.fmt_alternative(f),
        }
    }
}

impl Condition {
    /// As one of the alternatives between which OR stands.
    fn fmt_alternative(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(conditions) if conditions.len() > 1 => joined(f, conditions, " ", Self::fmt_term),
            condition => condition.fmt_term(f),
        }
    }

    /// As a term among others.
    fn fmt_term(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(conditions) if conditions.is_empty() => f.write_char('*'),
            Self::Any(conditions) if conditions.is_empty() => f.write_str("-*"),
            Self::All(conditions) | Self::Any(conditions) if conditions.len() == 1 => {
                conditions[0].fmt_term(f)
            }
            Self::All(_) | Self::Any(_) => write!(f, "({self})"),
            Self::Not(condition) => match &**condition {
                Self::Field(field, test @ (Test::Equals(_) | Test::Like(_) | Test::Matches(_))) => {
                    fmt_field(f, field, test, "!")
                }
                Self::Not(_) => write!(f, "-({condition})"),
                condition => {
                    f.write_char('-')?;
                    condition.fmt_term(f)
                }
            },
            Self::Contains(text) if text.is_empty() => f.write_char('*'),
            Self::Contains(text) if is_plain_text(text) => f.write_str(text),
            Self::Contains(text) => fmt_quoted(f, text),
            Self::Field(field, test) => fmt_field(f, field, test, ""),
        }
    }
}

fn joined(
    f: &mut Formatter<'_>,
    conditions: &[Condition],
    between: &str,
    fmt: impl Fn(&Condition, &mut Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for (index, condition) in conditions.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        fmt(condition, f)?;
    }
    Ok(())
}

fn fmt_field(f: &mut Formatter<'_>, field: &Field, test: &Test, not: &str) -> fmt::Result {
    let name = field.to_string();
    if !name.is_empty() && !name.starts_with('-') && is_of(&name, IN_NAMES) {
        f.write_str(&name)?;
    } else {
        fmt_quoted(f, &name)?;
    }
    match test {
        Test::Exists => write!(f, "{not}=*"),
        Test::Equals(value) => {
            write!(f, "{not}=")?;
            fmt_value(f, value)
        }
        Test::Like(parts) => {
            write!(f, "{not}=")?;
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    f.write_char('*')?;
                }
                if !part.is_empty() {
                    fmt_value(f, part)?;
                }
            }
            Ok(())
        }
        Test::Matches(pattern) => {
            f.write_str(if not.is_empty() { "=~" } else { "!~" })?;
            fmt_quoted(f, pattern.as_str())
        }
        Test::Compare(comparison, Operand::Level(level)) => write!(f, "{comparison}{level}"),
        Test::Compare(comparison, Operand::Number(number)) if has_few_digits(*number) => {
            write!(f, "{comparison}{number}")
        }
        Test::Compare(comparison, Operand::Number(number)) => write!(f, "{comparison}{number:e}"),
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        })
    }
}

fn has_few_digits(number: f64) -> bool {
    number == 0.0 || (1e-6..1e15).contains(&number.abs())
}

fn fmt_value(f: &mut Formatter<'_>, value: &str) -> fmt::Result {
    if !value.is_empty() && is_of(value, UNQUOTED) { f.write_str(value) } else { fmt_quoted(f, value) }
}

fn fmt_quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

/// Whether the text is read as it is, and as nothing else.
fn is_plain_text(text: &str) -> bool {
    is_of(text, UNQUOTED) && !text.starts_with('-') && text != "+" && !is_keyword(text)
}

fn is_of(text: &str, others: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || others.contains(c))
}

fn is_keyword(text: &str) -> bool {
    matches!(text, "AND" | "OR" | "NOT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Pattern;
    use crate::{EventId, Level};
    use proptest::prelude::*;

    #[test]
    fn a_query_is_shown_as_people_write_it() {
        for query in [
            "",
            "service=shop level>=warn \"timed out\" status>=500 path!=/health",
            "a OR b c OR (d OR e) f",
            "-(a b) -(a OR b) -(-a) -level=* -status<5",
            "a=\"\" b=*c*d e=\"f g\"* h!~\"\\\\d\" \"i j\"=k \"AND\" \"-x\"",
            "fields.level=x level!=unknown n>1e300 n>-0.5",
        ] {
            let filter: EventFilter = query.parse().unwrap();
            assert_eq!(filter.to_string(), query);
        }
    }

    #[test]
    fn a_filter_with_a_further_condition_shows_as_one_list_of_terms() {
        let condition = || Condition::Contains("x".to_owned());
        let and = |query: &str| query.parse::<EventFilter>().unwrap().and(condition()).to_string();
        assert_eq!([and(""), and("a b"), and("a OR b")], ["x", "a b x", "(a OR b) x"]);
    }

    #[test]
    fn a_condition_that_nobody_can_write_shows_as_one_that_selects_the_same() {
        let none = || Condition::Any(Vec::new());
        assert_eq!(none().to_string(), "-*");
        assert_eq!(Condition::All(vec![none()]).to_string(), "-*");
        assert_eq!(Condition::Any(vec![Condition::default(), none()]).to_string(), "* OR -*");
    }

    fn any_term() -> impl Strategy<Value = Condition> {
        let text = || "\\PC{1,8}|[a*\"\\\\= ()'-]{1,6}";
        let field = prop_oneof![
            Just(Field::Service),
            Just(Field::Message),
            "[a-z.]{1,6}|level|fields\\.id|\\PC{0,4}".prop_map(Field::Other),
        ];
        let comparison = prop_oneof![
            Just(Comparison::Less),
            Just(Comparison::AtMost),
            Just(Comparison::Greater),
            Just(Comparison::AtLeast)
        ];
        let number = any::<f64>().prop_filter("finite", |number| number.is_finite());
        let value_test = prop_oneof![
            Just(Test::Exists),
            text().prop_map(Test::Equals),
            (text(), "|\\PC{0,3}", "|[a ]").prop_map(|(first, middle, last)| {
                let middle = Some(middle).filter(|middle| !middle.is_empty());
                Test::Like([first].into_iter().chain(middle).chain([last]).collect())
            }),
            "[a-z.*+\\\\\" ]{1,6}"
                .prop_filter_map("an expression", |text| Some(Test::Matches(Pattern::new(&text).ok()?))),
            (comparison.clone(), number).prop_map(|(by, number)| Test::Compare(by, Operand::Number(number))),
        ];
        let level = prop::sample::select(&Level::ALL[1..]);
        prop_oneof![
            text().prop_map(Condition::Contains),
            (field, value_test).prop_map(|(field, test)| Condition::Field(field, test)),
            level
                .clone()
                .prop_map(|level| Condition::Field(Field::Level, Test::Equals(level.name().to_owned()))),
            (comparison, level).prop_map(|(by, level)| Condition::Field(
                Field::Level,
                Test::Compare(by, Operand::Level(level))
            )),
            any::<u128>().prop_map(|id| {
                let id = EventId::from_u128(id).to_string();
                Condition::Field(Field::Id, Test::Equals(id))
            }),
            Just(Condition::default()),
        ]
    }

    fn any_condition() -> impl Strategy<Value = Condition> {
        any_term().prop_recursive(4, 16, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::All),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::Any),
                inner.prop_map(|condition| Condition::Not(Box::new(condition))),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_filter_reads_back_as_it_is_shown(condition in any_condition()) {
            let filter = EventFilter::from(condition);
            let shown = filter.to_string();
            prop_assert_eq!(shown.parse::<EventFilter>(), Ok(filter), "{}", shown);
        }

        #[test]
        fn what_is_read_shows_itself_as_what_reads_the_same(
            text in "\\PC{0,40}|([ab]?(=|!=|=~|>=|<)?(\"[a *]{0,3}\"|[a5*]{0,2})[ ()]?(OR |NOT |-)?){0,6}"
        ) {
            if let Ok(filter) = text.parse::<EventFilter>() {
                prop_assert_eq!(filter.to_string().parse(), Ok(filter));
            }
        }
    }
}
