//! Reads a single term: text, or a field with an operator and a value.

use super::cursor::{Cursor, shown, wrong};
use super::value::{Value, pattern_value, value};
use super::{Comparison, Condition, Field, FilterError, Operand, Pattern, Test};
use crate::event::EventId;
use crate::{Level, text};

/// Other characters than letters and digits that a name may have unquoted.
pub(super) const IN_NAMES: &str = "_.-@/:$[]";

/// So many bytes of a word are compared with the names of levels.
const MAX_MISTYPED_BYTES: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Matches,
    MatchesNot,
    Compare(Comparison),
}

impl Operator {
    /// Longer ones first, because `=~` begins with `=`.
    const ALL: [(&str, Self); 8] = [
        ("!=", Self::NotEqual),
        ("!~", Self::MatchesNot),
        ("=~", Self::Matches),
        (">=", Self::Compare(Comparison::AtLeast)),
        ("<=", Self::Compare(Comparison::AtMost)),
        ("=", Self::Equal),
        (">", Self::Compare(Comparison::Greater)),
        ("<", Self::Compare(Comparison::Less)),
    ];

    fn at_start_of(text: &str) -> Option<(&'static str, Self)> {
        Self::ALL.into_iter().find(|(sign, _)| text.starts_with(sign))
    }
}

/// The term that begins at the cursor, which is at no blank and not at the end.
pub(super) fn term(cursor: &mut Cursor<'_>) -> Result<Condition, FilterError> {
    let at = cursor.at();
    if cursor.peek() == Some('"') {
        let quoted = cursor.quoted()?;
        return match Operator::at_start_of(cursor.rest()) {
            Some(operator) => field(cursor, at, &quoted, operator),
            None => text_in_quotes(cursor, at, quoted),
        };
    }
    let word = cursor.word();
    let operator = word.char_indices().find_map(|(at, _)| Some((at, Operator::at_start_of(&word[at..])?)));
    match operator {
        Some((end, operator)) => {
            let name = &word[..end];
            check_name(at, name, operator.0, word)?;
            cursor.pass(end);
            field(cursor, at, name, operator)
        }
        None => text_of_word(cursor, at, word),
    }
}

fn text_in_quotes(cursor: &Cursor<'_>, at: usize, text: String) -> Result<Condition, FilterError> {
    if text.is_empty() {
        return Err(wrong(at, "`\"\"` is no text to search for: leave it out"));
    }
    if !cursor.is_at_blank() && cursor.peek() != Some(')') {
        let reason = format!("write a blank after the quoted text {}", shown(cursor.since(at)));
        return Err(wrong(cursor.at(), reason));
    }
    Ok(Condition::Contains(text))
}

fn text_of_word(cursor: &mut Cursor<'_>, at: usize, word: &str) -> Result<Condition, FilterError> {
    cursor.pass(word.len());
    if cursor.peek() == Some('"') {
        let reason = format!("there is a quote within a word after {}: quote the whole text", shown(word));
        return Err(wrong(at, reason));
    }
    if word.starts_with('\'') {
        let reason = format!("{}: write texts with blanks in double quotes: \"timed out\"", shown(word));
        return Err(wrong(at, reason));
    }
    if let Some(excluded) = word.strip_prefix('!') {
        let reason = format!("{}: to exclude it, write -{excluded}; quote it to search for it", shown(word));
        return Err(wrong(at, reason));
    }
    if let Some((name, value)) = word.split_once(':')
        && !matches!(Field::named(name), Field::Other(_))
    {
        let reason = format!("{}: write {name}={value}; quote it to search for the text", shown(word));
        return Err(wrong(at, reason));
    }
    // Text is found anywhere in a message: there need be no star at its ends.
    match word.trim_matches('*') {
        "" => Ok(Condition::All(Vec::new())),
        text if text.contains('*') => {
            let pattern = text.replace('*', ".*");
            let word = shown(word);
            let reason = format!(
                "{word}: text has no `*`: write message=~\"{pattern}\", or quote it to search for it"
            );
            Err(wrong(at, reason))
        }
        text => Ok(Condition::Contains(text.to_owned())),
    }
}

fn check_name(at: usize, name: &str, sign: &str, word: &str) -> Result<(), FilterError> {
    if name.is_empty() {
        let reason = format!(
            "`{sign}` needs a field directly before it and a value directly after it, as in status>=500; \
             quote {} to search for it",
            shown(word)
        );
        return Err(wrong(at, reason));
    }
    let is_in_names = |c: char| c.is_alphanumeric() || IN_NAMES.contains(c);
    if name.ends_with('~') && sign == "=" {
        let (field, value) = (name.trim_end_matches('~'), &word[name.len() + 1..]);
        return Err(wrong(at, format!("{}: write {field}=~{value}", shown(word))));
    }
    if name.chars().all(is_in_names) {
        return Ok(());
    }
    let (name, word) = (shown(name), shown(word));
    let reason = format!("{name} is no name of a field: quote the name, or {word} to search for it");
    Err(wrong(at, reason))
}

/// The rest of a term after its name.
fn field(
    cursor: &mut Cursor<'_>,
    at: usize,
    name: &str,
    (sign, operator): (&str, Operator),
) -> Result<Condition, FilterError> {
    let field = Field::named(name);
    cursor.pass(sign.len());
    let value_at = cursor.at();
    let is_negative = matches!(operator, Operator::NotEqual | Operator::MatchesNot);
    let condition = match operator {
        Operator::Equal | Operator::NotEqual => equals(field, value(cursor, at, sign)?),
        Operator::Matches | Operator::MatchesNot => matches(field, &pattern_value(cursor, at, sign)?),
        Operator::Compare(comparison) => {
            let value = value(cursor, at, sign)?;
            compares(field, comparison, &value, cursor.since(at))
        }
    };
    let condition = condition.map_err(|reason| wrong(value_at, reason))?;
    Ok(if is_negative { Condition::Not(Box::new(condition)) } else { condition })
}

fn equals(field: Field, value: Value) -> Result<Condition, String> {
    let test = match value.into_test() {
        Test::Equals(value) => match field {
            Field::Level => Test::Equals(level(&value)?.name().to_owned()),
            Field::Id => Test::Equals(id(&value).to_string()),
            // An event without a service has an empty one.
            Field::Service | Field::Host | Field::Message if value.is_empty() => {
                return Ok(Condition::Not(Box::new(Condition::Field(field, Test::Exists))));
            }
            _ => Test::Equals(value),
        },
        Test::Like(_) if field == Field::Id => return Err("an id has no `*`: write it whole".to_owned()),
        test => test,
    };
    Ok(Condition::Field(field, test))
}

/// The id of an event, or one that its producer has given.
fn id(value: &str) -> EventId {
    value.parse().unwrap_or_else(|_| EventId::given(value))
}

fn matches(field: Field, expression: &str) -> Result<Condition, String> {
    if field == Field::Id {
        return Err("an id is found by id= and nothing else".to_owned());
    }
    Ok(Condition::Field(field, Test::Matches(Pattern::new(expression)?)))
}

fn compares(field: Field, comparison: Comparison, value: &Value, term: &str) -> Result<Condition, String> {
    let value = value.text().ok_or_else(|| format!("{}: a comparison has no `*`", shown(term)))?;
    let operand = if field == Field::Level {
        match level(value)? {
            Level::Unknown => {
                return Err(
                    "`unknown` is not comparable: write level=unknown, or level=* for the others".to_owned()
                );
            }
            level => Operand::Level(level),
        }
    } else if field == Field::Id {
        return Err("an id is found by id= and nothing else".to_owned());
    } else {
        Operand::Number(number(value, term)?)
    };
    Ok(Condition::Field(field, Test::Compare(comparison, operand)))
}

fn number(value: &str, term: &str) -> Result<f64, String> {
    let number = value.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| {
        let hint = if Level::of_word(value).is_some() {
            "only level is compared with words, as in level>=warn"
        } else if value.starts_with(|c: char| c.is_ascii_digit()) && value.contains(['-', ':']) {
            "when events occurred is chosen by from and to"
        } else {
            "a field is compared with a number, as in status>=500"
        };
        format!("{}: {hint}; quote the whole to search for it", shown(term))
    })
}

/// The level of any of its usual words. Numbers are refused, since libraries count in opposite directions.
fn level(word: &str) -> Result<Level, String> {
    if word == Level::Unknown.name() {
        return Ok(Level::Unknown);
    }
    let level = Level::of_word(word);
    match level.filter(|_| !word.trim().starts_with(|c: char| c.is_ascii_digit())) {
        Some(level) => Ok(level),
        None => Err(no_level(word, level)),
    }
}

fn no_level(word: &str, meant: Option<Level>) -> String {
    let word_in_case = text::head(word, MAX_MISTYPED_BYTES).to_lowercase();
    let errors = |level: &Level| strsim::damerau_levenshtein(&word_in_case, level.name());
    let closest = || Level::ALL.into_iter().min_by_key(errors);
    let may_be_meant = |level: &Level| errors(level) <= level.name().len().div_ceil(3);
    if let Some(level) = meant.or_else(|| closest().filter(may_be_meant)) {
        format!("{} is no level; did you mean {level}?", shown(word))
    } else {
        let names = Level::ALL.map(Level::name).join(", ");
        format!("{} is no level: write one of {names}", shown(word))
    }
}
