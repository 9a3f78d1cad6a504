//! Selects series or alerts, with the syntax of Prometheus: `source="uptime"`, `host=~"db[0-9]+"`.

use crate::limits::{MAX_LABEL_NAME_BYTES, MAX_LABEL_VALUE_BYTES, Violation};
use crate::old_names::{has_two_names, renamed_field};
use regex::{Regex, RegexBuilder};
use std::fmt;
use std::str::FromStr;

/// Longest matcher, in bytes as displayed: the longest name and value of a label fit, with every byte of the
/// value escaped.
pub const MAX_MATCHER_BYTES: usize =
    "labels.".len() + MAX_LABEL_NAME_BYTES + "=~\"\"".len() + 2 * MAX_LABEL_VALUE_BYTES;
/// Most matchers in one list.
pub const MAX_MATCHERS: usize = 16;
/// Most memory of a compiled regular expression, in bytes.
const MAX_REGEX_BYTES: usize = 64 * 1024;

/// One condition on one field: `=`, `!=`, `=~` or `!~`, as in Prometheus. A regular expression must match the
/// whole value; a missing field is empty.
///
/// The fields of a series are `source`, `name`, `unit` and its labels; an alert also has `rule` and
/// `severity`. A label with one of these names is `labels.source`.
#[derive(Clone, Debug)]
pub struct Matcher {
    field: String,
    operator: Operator,
    value: String,
    /// For `=~` and `!~`.
    regex: Option<Regex>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Matches,
    MatchesNot,
}

impl Operator {
    /// Longer ones first, because `=~` begins with `=`.
    const ALL: [Self; 4] = [Self::NotEqual, Self::Matches, Self::MatchesNot, Self::Equal];

    const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::MatchesNot => "!~",
        }
    }
}

impl Matcher {
    /// Requires `field` to be exactly `value`.
    pub fn equal(field: impl Into<String>, value: impl Into<String>) -> Self {
        Self { field: field.into(), operator: Operator::Equal, value: value.into(), regex: None }
    }

    /// The field that it tests.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The value that it requires, if it requires exactly one.
    pub fn exact_value(&self) -> Option<&str> {
        (self.operator == Operator::Equal).then_some(&*self.value)
    }

    /// Whether it is `!=` or `!~`.
    const fn is_negative(&self) -> bool {
        matches!(self.operator, Operator::NotEqual | Operator::MatchesNot)
    }

    /// Whether the condition holds for a field with this value (empty if the field is missing).
    pub fn holds(&self, value: &str) -> bool {
        let matches = || self.regex.as_ref().is_some_and(|regex| regex.is_match(value));
        match self.operator {
            Operator::Equal => value == self.value,
            Operator::NotEqual => value != self.value,
            Operator::Matches => matches(),
            Operator::MatchesNot => !matches(),
        }
    }
}

/// The text is not a matcher.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be FIELD=\"VALUE\" (or !=, =~, !~): {0}")]
pub struct MatcherError(String);

impl FromStr for Matcher {
    type Err = MatcherError;

    fn from_str(text: &str) -> Result<Self, MatcherError> {
        let wrong = |reason: String| Err(MatcherError(reason));
        let Some(at) = text.find(['=', '!']) else { return wrong("the operator is missing".into()) };
        let (field, rest) = (text[..at].trim(), &text[at..]);
        let operator = Operator::ALL.into_iter().find(|operator| rest.starts_with(operator.sign()));
        let Some(operator) = operator else { return wrong("! must be followed by = or ~".into()) };
        if field.is_empty() || field.contains(|c: char| c.is_whitespace() || c == '"') {
            return wrong("the field must be one word".into());
        }
        let value = unquoted(rest[operator.sign().len()..].trim())?;
        let mut matcher = Self { field: field.to_owned(), operator, value, regex: None };
        let shown = matcher.to_string();
        if shown.len() > MAX_MATCHER_BYTES {
            return wrong(format!("has {} bytes, the limit is {MAX_MATCHER_BYTES}", shown.len()));
        }
        matcher.regex = match operator {
            Operator::Equal | Operator::NotEqual => None,
            Operator::Matches | Operator::MatchesNot => Some(whole_value(&matcher.value)?),
        };
        Ok(matcher)
    }
}

/// The text between the quotes; an unquoted value is used as it is.
fn unquoted(text: &str) -> Result<String, MatcherError> {
    let Some(quoted) = text.strip_prefix('"') else {
        return if text.contains('"') {
            Err(MatcherError("the value must be quoted whole or not at all".into()))
        } else {
            Ok(text.to_owned())
        };
    };
    let mut value = String::with_capacity(quoted.len());
    let mut rest = quoted.chars();
    while let Some(next) = rest.next() {
        match next {
            '"' if rest.as_str().is_empty() => return Ok(value),
            '"' => return Err(MatcherError("there is text after the quoted value".into())),
            '\\' => match rest.next() {
                Some(escaped @ ('"' | '\\')) => value.push(escaped),
                // As in regular expressions: `\.` need not be written `\\.`.
                Some(other) => value.extend(['\\', other]),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err(MatcherError("the closing quote is missing".into()))
}

fn whole_value(expression: &str) -> Result<Regex, MatcherError> {
    RegexBuilder::new(&format!("^(?s:{expression})$"))
        .size_limit(MAX_REGEX_BYTES)
        .dfa_size_limit(MAX_REGEX_BYTES)
        .build()
        .map_err(|error| {
            let reason = error.to_string();
            let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            MatcherError(format!("{expression:?} is not a regular expression: {last}"))
        })
}

/// As in a configuration; parses back to the same matcher.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}\"", self.field, self.operator.sign())?;
        for c in self.value.chars() {
            if matches!(c, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        f.write_str("\"")
    }
}

/// Compares the written form.
impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.field, self.operator, &self.value) == (&other.field, other.operator, &other.value)
    }
}

impl Eq for Matcher {}

/// Conditions that must all hold; no conditions hold for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matchers {
    matchers: Vec<Matcher>,
    old_names: bool,
}

impl Matchers {
    /// Checks that there are no more than [`MAX_MATCHERS`].
    pub fn new(matchers: Vec<Matcher>) -> Result<Self, Violation> {
        if matchers.len() > MAX_MATCHERS {
            let reason = format!("has {} matchers, the limit is {MAX_MATCHERS}", matchers.len());
            return Err(Violation::new("matchers", reason));
        }
        Ok(Self { matchers, old_names: false })
    }

    /// Makes them hold also for series with the previous platform's names ([`OldName`](crate::OldName)): such
    /// a series has both names.
    #[must_use]
    pub fn with_old_names(self, old_names: bool) -> Self {
        Self { old_names, ..self }
    }

    /// Whether all hold for the fields that `field` looks up.
    pub fn hold<'v>(&self, field: impl Fn(&str) -> Option<&'v str>) -> bool {
        self.matchers.iter().all(|matcher| {
            let holds = matcher.holds(field(&matcher.field).unwrap_or_default());
            let renamed = if self.old_names { renamed_field(&matcher.field, &field) } else { None };
            match renamed.map(|value| matcher.holds(value)) {
                None => holds,
                Some(also) if matcher.is_negative() => holds && also,
                Some(also) => holds || also,
            }
        })
    }

    /// The fields for which exactly one value is required, with that value.
    pub fn exact_values(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_exact = |matcher: &&Matcher| !self.old_names || !has_two_names(&matcher.field);
        self.matchers
            .iter()
            .filter(is_exact)
            .filter_map(|matcher| Some((matcher.field(), matcher.exact_value()?)))
    }

    /// The matchers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Matcher> {
        self.matchers.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.matchers.is_empty()
    }
}

/// Separated by commas.
impl fmt::Display for Matchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, matcher) in self.matchers.iter().enumerate() {
            write!(f, "{}{matcher}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Series;
    use proptest::prelude::*;

    fn holds(text: &str) -> bool {
        let series = Series::new("uptime", "latency", "s", &[("host", "db1"), ("source", "x")]).unwrap();
        Matchers::new(vec![text.parse().unwrap()]).unwrap().hold(|field| series.field(field))
    }

    #[test]
    fn what_is_called_as_before_has_both_names_if_it_is_asked_for() {
        let hold = |text: &str, old_names, source: &str, label: &str| {
            let series = Series::new(source, "availability_percent", "", &[(label, "shop")]).unwrap();
            let matchers = Matchers::new(vec![text.parse().unwrap()]).unwrap();
            matchers.with_old_names(old_names).hold(|field| series.field(field))
        };
        let weather = Series::new("OpenWeatherMap", "temperature_celsius", "", &[("city", "Bern")]).unwrap();
        let about = ["source=openweather", "name=temperature", "city=Bern"].map(|text| text.parse().unwrap());
        let about = Matchers::new(about.into()).unwrap();
        assert!(!about.hold(|field| weather.field(field)));
        assert!(about.with_old_names(true).hold(|field| weather.field(field)));
        for (yes, no) in [
            (r#"source="uptime""#, r#"source!="uptime""#),
            (r#"source="UptimeChecker""#, r#"source!="UptimeChecker""#),
            (r#"source=~"up.*|github""#, r#"source!~"up.*""#),
            (r#"target="shop""#, r#"target!="shop""#),
            (r#"labels.target="shop""#, r#"labels.target="mill""#),
            (r#"site="shop""#, r#"site="""#),
            (r#"name="availability_percent""#, r#"source="github""#),
        ] {
            assert!(hold(yes, true, "UptimeChecker", "site"), "{yes}");
            assert!(!hold(no, true, "UptimeChecker", "site"), "{no}");
        }
        assert!(!hold(r#"source="uptime""#, false, "UptimeChecker", "site"));
        assert!(!hold(r#"target="shop""#, true, "heat", "site"), "no source of that platform");
        assert!(hold(r#"source="uptime""#, true, "uptime", "target"));
        assert!(
            !hold(r#"source="UptimeChecker""#, true, "uptime", "target"),
            "a rule for the old name alone"
        );
    }

    #[test]
    fn a_value_is_asked_for_exactly_unless_the_field_may_be_called_otherwise() {
        let matchers =
            ["source=uptime", "target=shop", "unit=x", "zone=~a|b"].map(|text| text.parse().unwrap());
        let matchers = Matchers::new(matchers.into()).unwrap();
        let exact = |matchers: Matchers| {
            matchers.exact_values().map(|(field, _)| field.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(exact(matchers.clone()), ["source", "target", "unit"]);
        assert_eq!(exact(matchers.with_old_names(true)), ["unit"]);
    }

    #[test]
    fn each_operator_says_what_prometheus_means_by_it() {
        for yes in [
            r#"source="uptime""#,
            "name=latency",
            r#"host!="db2""#,
            r#"host=~"db[0-9]+""#,
            r#"host!~"d""#,
            r#"absent="""#,
            r#"absent!="x""#,
            r#"labels.source = "x""#,
            r#"host=~"db\d""#,
        ] {
            assert!(holds(yes), "{yes}");
        }
        for no in [r#"host=~"db""#, r#"host="db""#, r#"absent=~".+""#, r#"source="x""#] {
            assert!(!holds(no), "{no}");
        }
    }

    #[test]
    fn only_an_equal_sign_asks_for_exactly_one_value() {
        let of = |text: &str| text.parse::<Matcher>().unwrap().exact_value().map(str::to_owned);
        assert_eq!(of("host=db1"), Some("db1".to_owned()));
        for other in ["host!=db1", "host=~db1", "host!~db1"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_matcher_is_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<Matcher>().unwrap_err().to_string();
        let what = "must be FIELD=\"VALUE\" (or !=, =~, !~): ";
        assert_eq!(refused("host"), format!("{what}the operator is missing"));
        assert_eq!(refused("a b=1"), format!("{what}the field must be one word"));
        assert_eq!(refused("a!1"), format!("{what}! must be followed by = or ~"));
        assert_eq!(refused(r#"a="1"#), format!("{what}the closing quote is missing"));
        assert_eq!(refused(r#"a="1"2"#), format!("{what}there is text after the quoted value"));
        assert!(refused(r#"a=~"(""#).contains("is not a regular expression: unclosed group"));
        assert!(refused(r#"a=~"(x{1000}){1000}""#).contains("size limit"));
    }

    #[test]
    fn the_longest_matcher_is_measured_as_it_shows_itself() {
        let asked_for = |value: &str| Matcher::equal("a", value).to_string().parse::<Matcher>();
        let room = MAX_MATCHER_BYTES - "a=\"\"".len();
        assert!(asked_for(&"x".repeat(room)).is_ok());
        let refused = asked_for(&"x".repeat(room + 1)).unwrap_err().to_string();
        assert!(refused.ends_with("has 2188 bytes, the limit is 2187"), "{refused}");
        assert!(asked_for(&"\"".repeat(room / 2 + 1)).is_err());
        // When displayed, a backslash is escaped even if it need not be.
        assert!(format!("a={}", "\\".repeat(room / 2)).parse::<Matcher>().is_ok());
        assert!(format!("a={}", "\\".repeat(room / 2 + 1)).parse::<Matcher>().is_err());
    }

    #[test]
    fn every_label_of_a_series_can_be_asked_for() {
        let (name, value) = ("n".repeat(MAX_LABEL_NAME_BYTES), "\"".repeat(MAX_LABEL_VALUE_BYTES));
        for sign in ["=", "!=", "=~", "!~"] {
            let text = Matcher::equal(format!("labels.{name}"), &value).to_string().replacen('=', sign, 1);
            assert_eq!(text.parse::<Matcher>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_list_holds_a_limited_number_of_matchers() {
        let many = |count| Matchers::new(vec![Matcher::equal("a", "b"); count]);
        assert!(many(MAX_MATCHERS).is_ok());
        assert_eq!(
            many(MAX_MATCHERS + 1).unwrap_err().to_string(),
            "matchers: has 17 matchers, the limit is 16"
        );
    }

    proptest! {
        #[test]
        fn a_matcher_reads_back_as_it_is_shown(field in "[a-z_.]{1,8}", value in "[ -~é]{0,12}") {
            let matcher = Matcher::equal(field, value);
            prop_assert_eq!(matcher.to_string().parse::<Matcher>().unwrap(), matcher);
        }

        #[test]
        fn what_is_read_shows_itself_as_what_reads_the_same(text in "\\PC{0,40}|[a=!~\"\\\\ .*]{0,12}") {
            if let Ok(matcher) = text.parse::<Matcher>() {
                prop_assert_eq!(matcher.to_string().parse(), Ok(matcher));
            }
        }
    }
}
