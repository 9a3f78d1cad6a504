//! What is read, what is refused and with what words, and the limits.

use super::*;
use proptest::prelude::*;

fn parse(query: &str) -> Result<EventFilter, FilterError> {
    query.parse()
}

fn refused(query: &str) -> String {
    parse(query).expect_err(query).to_string()
}

#[test]
fn a_word_with_special_characters_is_text() {
    for word in [
        "/health",
        "10.0.0.1",
        "10.0.0.1:80",
        "user@host",
        "main()",
        "f(a(b))",
        "C:\\tmp",
        "50%",
        "don't",
        "[error]",
        "{}",
        "#7",
        "wow!",
        "a-b",
        "and",
        "or",
        "not",
        "ORDER",
        "-",
        "a,b",
        "über",
        "|x|",
        "…",
    ] {
        let word = if word == "-" { "a-" } else { word };
        assert_eq!(parse(word), Ok(Condition::Contains(word.to_owned()).into()), "{word}");
    }
}

#[test]
fn and_is_not_needed_but_taken() {
    assert_eq!(parse("a AND b=1 AND (c OR d)"), parse("a b=1 (c OR d)"));
    assert_eq!(parse("NOT(a OR b)AND c"), parse("-(a OR b) c"));
    assert_eq!(parse("  ( a\tOR\nb )  "), parse("a OR b"));
}

#[test]
fn a_word_of_any_library_names_a_level() {
    assert_eq!(parse("level>=WARNING level!=err"), parse("level>=warn level!=error"));
}

#[test]
fn a_term_in_parentheses_may_end_with_them() {
    assert_eq!(parse("(a=x)"), parse("a=x"));
    assert_eq!(parse("(a=x*)"), parse("a=x*"));
    assert_eq!(parse("(a=\"x\"*)"), parse("a=x*"));
    assert_eq!(parse("(a=~(x|y))"), parse("a=~\"(x|y)\""));
    assert_eq!(parse("(a>5)"), parse("a>5"));
    assert_eq!(parse("(f(x))"), parse("\"f(x)\""));
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_to_write_instead() {
    for (query, at, reason) in [
        ("level>=wran", 7, "`wran` is no level; did you mean warn?"),
        ("level=eror2", 6, "`eror2` is no level; did you mean error?"),
        (
            "level=x",
            6,
            "`x` is no level: write one of unknown, trace, debug, info, notice, warn, error, critical, alert, emergency",
        ),
        ("level>=30", 7, "`30` is no level; did you mean info?"),
        ("level>unknown", 6, "`unknown` is not comparable: write level=unknown, or level=* for the others"),
        ("level>warn*", 6, "`level>warn*`: a comparison has no `*`"),
        (
            "status>=abc",
            8,
            "`status>=abc`: a field is compared with a number, as in status>=500; quote the whole to search for it",
        ),
        (
            "severity>=warn",
            10,
            "`severity>=warn`: only level is compared with words, as in level>=warn; quote the whole to search for it",
        ),
        (
            "time>=2026-11-29",
            6,
            "`time>=2026-11-29`: when events occurred is chosen by from and to; quote the whole to search for it",
        ),
        ("a \"timed out", 2, "the quote at `\"timed out` is never closed: write \" at its end"),
        ("a=\"x\\\"", 2, "the quote at `\"x\\\"` is never closed: write \" at its end"),
        (
            "a =b",
            2,
            "`=` needs a field directly before it and a value directly after it, as in status>=500; quote `=b` to search for it",
        ),
        (
            "status >= 500",
            7,
            "`>=` needs a field directly before it and a value directly after it, as in status>=500; quote `>=` to search for it",
        ),
        (
            "(status>=)",
            1,
            "`status>=` needs a value directly after it; status=* selects events with the field, status=\"\" those where it is empty",
        ),
        (
            "a=",
            0,
            "`a=` needs a value directly after it; a=* selects events with the field, a=\"\" those where it is empty",
        ),
        ("a - b", 2, "`-` needs a term directly after it, as in -level=debug; quote it to search for it"),
        ("--verbose", 0, "`--verbose` begins with two -: quote it to search for it"),
        ("a OR", 4, "a term is missing at the end, after `OR`"),
        ("a AND ", 6, "a term is missing at the end, after `AND`"),
        ("NOT", 3, "a term is missing at the end, after `NOT`"),
        ("OR a", 0, "`OR` needs a term before it and one after it; quote it to search for it"),
        ("a OR AND b", 5, "`AND` needs a term before it and one after it; quote it to search for it"),
        ("()", 1, "there is no term before `)`"),
        ("a (b c", 2, "the parenthesis at `(b c` is never closed: write ) at its end"),
        ("a) b", 1, "`) b` closes no parenthesis: leave it out, or quote it"),
        ("a | b", 2, "`|`: to select one or the other, write OR; quote it to search for it"),
        ("a && b", 2, "`&&`: terms side by side must all hold: leave it out; quote it to search for it"),
        ("!a", 0, "`!a`: to exclude it, write -a; quote it to search for it"),
        ("level:error", 0, "`level:error`: write level=error; quote it to search for the text"),
        ("status==500", 7, "`status==500`: write status= alone, or quote the value"),
        ("status=>500", 7, "`status=>500`: write status>=, or quote the value"),
        ("status<>500", 7, "`status<>500`: write status!=, or quote the value"),
        ("path!=~x", 6, "`path!=~x`: write path!~ for a regular expression, or quote the value"),
        ("path~=x", 0, "`path~=x`: write path=~x"),
        ("level=(warn OR error)", 6, "`level=(warn`: write (level=one OR level=other), or quote the value"),
        ("'timed out'", 0, "`'timed`: write texts with blanks in double quotes: \"timed out\""),
        ("a='b c'", 2, "`a='b`: write the value in double quotes: a=\"…\""),
        ("say\"x\"", 0, "there is a quote within a word after `say`: quote the whole text"),
        ("\"a\"b", 3, "write a blank after the quoted text `\"a\"`"),
        (
            "a=\"b\"c",
            5,
            "only `*` or a blank may be beside a quoted value, not what follows `a=\"b\"`: quote the whole value",
        ),
        ("\"\"", 0, "`\"\"` is no text to search for: leave it out"),
        ("a*b", 0, "`a*b`: text has no `*`: write message=~\"a.*b\", or quote it to search for it"),
        (
            "http://x/?a=b",
            0,
            "`http://x/?a` is no name of a field: quote the name, or `http://x/?a=b` to search for it",
        ),
        ("id=01*", 3, "an id has no `*`: write it whole"),
        ("id>5", 3, "an id is found by id= and nothing else"),
        ("a=~\"(\"", 3, "`(` is not a regular expression: unclosed group"),
    ] {
        let error = parse(query).expect_err(query);
        assert_eq!((error.reason.as_str(), error.at), (reason, at), "{query}");
    }
}

#[test]
fn an_error_shows_only_the_head_of_what_is_long_and_nothing_that_a_terminal_obeys() {
    let error = refused(&format!("a=~\"(\u{1b}{}\"", "é".repeat(200)));
    assert!(error.len() < 400 && error.contains("…") && !error.contains('\u{1b}'), "{error}");
}

#[test]
fn a_query_of_as_many_bytes_as_the_limit_is_taken_and_one_more_is_refused() {
    assert!(parse(&"x".repeat(MAX_FILTER_BYTES)).is_ok());
    assert_eq!(refused(&"x".repeat(MAX_FILTER_BYTES + 1)), "has 4097 bytes, the limit is 4096");
    // A backslash is doubled in quotes, and so could not be read back.
    assert_eq!(
        refused(&"\\".repeat(MAX_FILTER_BYTES / 2)),
        "has 4098 bytes with all texts quoted, the limit is 4096"
    );
}

#[test]
fn a_query_of_as_many_terms_as_the_limit_is_taken_and_one_more_is_refused() {
    let many = |count| vec!["a=1"; count].join(" OR ");
    assert!(parse(&many(MAX_TERMS)).is_ok());
    assert_eq!(refused(&many(MAX_TERMS + 1)), "has more than 64 terms, which is the limit");
}

#[test]
fn parentheses_and_negations_as_deep_as_the_limit_are_taken_and_one_more_is_refused() {
    let reason = "has more than 16 parentheses and negations in each other, which is the limit";
    let nested = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(MAX_FILTER_DEPTH)).is_ok());
    assert_eq!(refused(&nested(MAX_FILTER_DEPTH + 1)), reason);
    let negated = |depth| format!("{}a", "NOT ".repeat(depth));
    assert!(parse(&negated(MAX_FILTER_DEPTH)).is_ok());
    assert_eq!(refused(&negated(MAX_FILTER_DEPTH + 1)), reason);
    assert_eq!(refused(&"(".repeat(MAX_FILTER_BYTES)), reason);
}

#[test]
fn a_regular_expression_that_would_need_much_memory_is_refused() {
    assert!(parse(r#"a=~"(?i)\b\w+@\w+\.\w+\b""#).is_ok());
    assert!(refused(r#"a=~"(x{1000}){1000}""#).contains("size limit"));
}

#[test]
fn every_query_of_the_documentation_is_one() {
    let page = include_str!("../../../../../../docs/event-queries.md");
    let rows = |title: &str, column: usize| {
        let section = page.split("\n## ").find(|section| section.starts_with(title)).unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
        rows.map(|row| {
            let row = row.replace("\\|", "\u{0}");
            let cell = row.split('|').nth(column).unwrap().replace('\u{0}', "|");
            cell.trim().trim_matches('`').to_owned()
        })
        .collect::<Vec<_>>()
    };
    let queries = [rows("Examples", 1), rows("From other languages", 2)].concat();
    assert!(queries.len() > 20, "{queries:?}");
    for query in
        queries.iter().map(String::as_str).chain(page.lines().filter_map(|line| line.strip_prefix("    ")))
    {
        parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
    for limit in [MAX_FILTER_BYTES, MAX_TERMS, MAX_FILTER_DEPTH] {
        assert!(page.contains(&format!(" {limit} ")), "{limit}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_be_read_or_refused(
        text in "\\PC{0,60}|[a=!~\"\\\\ .*()<>ORNT:'|-]{0,30}|(?s:.{0,30})"
    ) {
        if let Err(error) = parse(&text) {
            prop_assert!(text.is_char_boundary(error.at), "{}: {error}", error.at);
            prop_assert!(!error.reason.is_empty());
        }
    }
}
