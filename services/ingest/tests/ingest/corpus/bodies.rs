//! Bodies of every shape.

use super::{Outcome, Whole};
use crate::stage::sample;

const BROKEN: &str = "sample: is not valid JSON";
const INVALID: Outcome = Outcome::Refused(400, "body: is not valid JSON");

pub(crate) fn wholes() -> Vec<Whole> {
    let mut wholes = empty();
    wholes.extend(arrays());
    wholes.extend(lines());
    wholes
}

fn empty() -> Vec<Whole> {
    let empty = |name: &str, body: &str| {
        Whole::of(name, body, Outcome::Refused(400, "body: is empty: send a sample"))
    };
    vec![
        empty("nothing", ""),
        empty("nothing in lines", "").lines(),
        empty("nothing, said to be gzip", "").with("content-encoding", "gzip"),
        empty("nothing, said to be zstd", "").with("content-encoding", "zstd"),
        empty("spaces", " \t\r\n "),
        empty("blank lines", "\n\r\n \n").lines(),
    ]
}

fn arrays() -> Vec<Whole> {
    let (a, b) = (sample("a"), sample("b"));
    let whole = |name: &str, body: String, expected| Whole::of(name, body, expected);
    vec![
        whole("no items", "[]".into(), Outcome::Taken(0, &[])),
        whole("no items but space", " [ \n ] ".into(), Outcome::Taken(0, &[])),
        whole(
            "an array of an array",
            format!("[[{a}]]"),
            Outcome::Refused(400, "sample: must be an object, is an array"),
        ),
        whole(
            "an array of an empty array",
            "[[]]".into(),
            Outcome::Refused(400, "sample: must be an object, is an array"),
        ),
        whole(
            "an array of null",
            "[null]".into(),
            Outcome::Refused(400, "sample: must be an object, is null"),
        ),
        whole("an array of an empty object", "[{}]".into(), Outcome::Refused(400, "source: is missing")),
        whole(
            "good items among others of every type",
            format!(r#"[{a},null,true,7,"text",[{b}],{{}},{b}]"#),
            Outcome::Taken(
                2,
                &[
                    "sample: must be an object, is null",
                    "sample: must be an object, is a boolean",
                    "sample: must be an object, is a number",
                    "sample: must be an object, is a string",
                    "sample: must be an object, is an array",
                    "source: is missing",
                ],
            ),
        ),
        whole(
            "samples in an object",
            format!(r#"{{"samples":[{a}]}}"#),
            Outcome::Refused(400, "samples: is unknown"),
        ),
        whole("an array without its end", format!("[{a},{b}"), INVALID),
        whole("an array without its start", format!("{a},{b}]"), INVALID),
        whole("an array that ends twice", format!("[{a}]]"), INVALID),
        whole("an array with a comma at its end", format!("[{a},]"), INVALID),
        whole("an array with a comma at its start", format!("[,{a}]"), INVALID),
        whole("an array without commas", format!("[{a} {b}]"), INVALID),
        whole("an array that ends in a brace", format!("[{a}}}"), INVALID),
        whole("two arrays", format!("[{a}][{b}]"), INVALID),
        whole("two samples without an array", format!("{a}{b}"), INVALID),
        whole("two samples with a comma", format!("{a},{b}"), INVALID),
        whole("lines that are said to be JSON", format!("{a}\n{b}\n"), INVALID),
        whole("only a bracket", "[".into(), INVALID),
        whole("only a closing bracket", "]".into(), INVALID),
        whole("a hundred thousand brackets", "[".repeat(100_000), INVALID),
        whole("a hundred thousand braces", r#"{"a":"#.repeat(100_000), INVALID),
        whole("a sample on many lines", a.replace(',', ",\n\t"), Outcome::Taken(1, &[])),
        whole(
            "a megabyte of space around a sample",
            format!("{0}{a}{0}", " ".repeat(1 << 19)),
            Outcome::Taken(1, &[]),
        ),
        whole(
            "one item more than the limit",
            format!("[{}0]", "0,".repeat(50_000)),
            Outcome::Refused(413, "body: has more than 50000 items"),
        ),
        whole(
            "one byte more than the limit",
            " ".repeat((8 << 20) + 1),
            Outcome::Refused(413, "body: has more than 8388608 bytes"),
        ),
    ]
}

fn lines() -> Vec<Whole> {
    let (a, b) = (sample("a"), sample("b"));
    let whole = |name: &str, body: String, expected| Whole::of(name, body, expected).lines();
    vec![
        whole("lines with an end at the last", format!("{a}\n{b}\n"), Outcome::Taken(2, &[])),
        whole("lines without an end at the last", format!("{a}\n{b}"), Outcome::Taken(2, &[])),
        whole("lines of Windows", format!("{a}\r\n{b}\r\n"), Outcome::Taken(2, &[])),
        whole("lines with blank ones between", format!("\n\n{a}\n \t\n{b}\n\n"), Outcome::Taken(2, &[])),
        whole("lines with space around", format!("  {a}  \n\t{b}\t"), Outcome::Taken(2, &[])),
        whole("a single line", a.clone(), Outcome::Taken(1, &[])),
        whole("a bad line first", format!("oops\n{a}\n{b}"), Outcome::Taken(2, &[BROKEN])),
        whole("a bad line last", format!("{a}\n{b}\noops"), Outcome::Taken(2, &[BROKEN])),
        whole(
            "a last line that is cut off",
            format!("{a}\n{}", &b[..b.len() - 1]),
            Outcome::Taken(1, &[BROKEN]),
        ),
        whole("every other line bad", format!("{a}\n{{\n{b}\n}}\n{a}"), Outcome::Taken(3, &[BROKEN, BROKEN])),
        whole("lines with commas at their ends", format!("{a},\n{b}"), Outcome::Taken(1, &[BROKEN])),
        whole("two samples on a line", format!("{a}{b}\n{b}"), Outcome::Taken(1, &[BROKEN])),
        whole(
            "an array on a line",
            format!("[{a}]\n{b}"),
            Outcome::Taken(1, &["sample: must be an object, is an array"]),
        ),
        whole(
            "null on a line",
            format!("null\n{b}"),
            Outcome::Taken(1, &["sample: must be an object, is null"]),
        ),
        whole("a header as in CSV", format!("source,name,value\n{b}"), Outcome::Taken(1, &[BROKEN])),
        whole("a byte order mark before lines", format!("\u{feff}{a}\n{b}"), Outcome::Taken(1, &[BROKEN])),
        whole("line separators of Unicode", format!("{a}\u{2028}{b}\n{b}"), Outcome::Taken(1, &[BROKEN])),
        whole("lines of an old Macintosh", format!("{a}\r{b}"), Outcome::Refused(400, BROKEN)),
        whole(
            "an array that is said to be lines",
            format!("[{a},{b}]"),
            Outcome::Refused(400, "sample: must be an object"),
        ),
        whole(
            "one line more than the limit",
            "0\n".repeat(50_001),
            Outcome::Refused(413, "body: has more than 50000 items"),
        ),
    ]
}
